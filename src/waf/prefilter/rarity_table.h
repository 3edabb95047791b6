/* Made by tools/pair_table: a row for the first byte of a pair, a column for the second; then the sums of the rows. */
#define RARITY_PAIRS \
	"fgggggeiflhefdifjeeefgiiglffhijmjmnmljjnjmmknjpi", \
	"gjjkeljlfjhgkigingijhmmnnngillmojoponjmppoompnpm", \
	"fliiflkegjghkjejnihggllmimghjjinmnonmmloojomonpj", \
	"fkkhdiikfmjhjifkmghigljmjmgejihnhnjimiioonhiojpi", \
	"ffffegggekgeechgjcdefggfhgfcfffigjmijhfmjhlgmipi", \
	"gjljggjlgnjjjiflnfikjimnnngglljihoponnippoompnph", \
	"gjjjdlkhgmlgihgknhihgljmmjieiiiniipjimhoojomoipl", \
	"ejkjdlkkgjlkihfinfjfillmmmiflhlnmnpjnjjoooomonpj", \
	"hgefehfihgfefdehjfeehhjlllgfgjjmkmnmjlknnniknlpi", \
	"hjmmgjmjjoimmihjplgljnnooiiinnnpopppponppppopppj", \
	"hmllemlhgnjhjjgijkhhhmmjjnhgljmijjponnjpjppnpnpj", \
	"eijgdjjkemhfjifhmigghkjmjmhfihhijjonjhgnnihjnmpi", \
	"ehkjdkkkfmjfgifgmihigllmhjhfijiihnonmmjoonnjomph", \
	"figeehejfiigiffjlhfdgiiliigdgfgiiinhihgnniiknjph", \
	"hhghgggiglgffdffmeffeigjlhhfiiimjmnmllknhnnlnjpk", \
	"flkifjjggmieiiefmfhghjljjmhgjihnlnojmmioooomoipl", \
	"lnnmknnnlpnmilmmplmlgjnpopiknnopfpppponppppopppo", \
	"ehgfdjgiejghfgeilgfeghjlgjgdhhjjiiimjihnnnninipk", \
	"fjghekjhelhhhhggmheehihljjhdfgiijhjhhihnninhnipi", \
	"fjiidiieelkifhfhlefggjhjghgdfgijgijijlgnnniinjph", \
	"ghhifiihgmjfgejgmeffihhhmjhfkklnlnonmjlooojiompj", \
	"fmjlemilgnmklkflnhkjlmmnnjhjmlmohopojnmppjpnpnpj", \
	"gmlkemlhfnmklhgiijgklmgjnnhgjhjojoponnjppppmpnpm", \
	"hnjminmijoimhlljpjlhminoophhjjipoppppjnpjppopppn", \
	"lnmmjnmmlinjijhioliimnioooifmijpjpppoojppppipjpn", \
	"jjmjhnnmgonmmlhmjljlinipopihnnhpoippponppppopppn", \
	"fgfgffhhhiighghhihhghhiihibegdfhihiiggfmhjmhmipj", \
	"deedeefeeggeeeeehfddfeehggegiihijjmijijgmilhjhpg", \
	"flhhhgjiiijiihjhnhghiighmjeiilmnmoponnlpooojhnpm", \
	"jihihlijiilkiiiijjiikjjjmndfllmnmnponiloooomojpl", \
	"iihhhjijiijhikjhoijkihiojofhmmionopponmppppnpopm", \
	"miinjoijjjomijjipmijjooppphlnnopopppppoppppppppo", \
	"iijihiimjiiijjkhokkkjmjjnjejmmjonojponmpppphpopm", \
	"mojnihjnmpoijjiipmhiioopppljonopopppppoppppppppo", \
	"jpjompppnppoonnopnnnoppppphjpppppppppppppppppppp", \
	"mjnjljnniponnmmnjjmjniopppjlooppppppppoppppppppo", \
	"lnmmknnnlpnmmjlmplljmnnpopgginopopppponppppgpipn", \
	"lnmmknmmlonlmllmflllmhnoookenmnpnpppoonppppopppn", \
	"hmlihjllhnmklhklnkkklmmnnnidllmomoponnmppppghjpm", \
	"npoojpojjphjjnnopnnnopijppmmpopppppppppppppppppp", \
	"njoompoonppnonnopnnnopppppmgojpppppppppppppppppp", \
	"mooilooonjpjnmnopijnjppippilooppppkppppppppppppp", \
	"hoonlooojppnjmnopnijijppppmloopppppppppppppppppi", \
	"iihjimjmionliiliijiilnjonohijmnpnpppfigppppnpipn", \
	"npoompoonppnonnopnnnopppppmmhopppppppijppppppppp", \
	"jiimjnnnlpnmmlmipjilmjnpopjiijopipppppipjpphphpo", \
	"pppppppppppppppppppppppppppppppppppppppppppppppp", \
	"jjhjhjljknmilhkjogihlimnnnigmjmomoponnippppnpope",
#define RARITY_SINGLES \
	0.051401, 0.013960, 0.020567, 0.027121, 0.109026, 0.013269, 0.022694, 0.024002, 0.051569, 0.005236, 0.012527, 0.032461, \
	0.028032, 0.052279, 0.041025, 0.024363, 0.004017, 0.050837, 0.041185, 0.049868, 0.027189, 0.011917, 0.014383, 0.004873, \
	0.005756, 0.004789, 0.072557, 0.103212, 0.016207, 0.015072, 0.008793, 0.003094, 0.009058, 0.003222, 0.000996, 0.001579, \
	0.004087, 0.006952, 0.012711, 0.001614, 0.001394, 0.001722, 0.001907, 0.007912, 0.001041, 0.004030, 0.000092, 0.010263,
