// What a stranger's browser does while the portal is under attack: a little arithmetic, once, so that machines that ask ten thousand times
// pay ten thousand times. The page it runs in says what and why; guard/puzzle.h says what is computed. It looks at nothing of its visitor,
// keeps nothing, and asks nobody but the portal. Whatever goes wrong in here, the page's other way in is the wait.
(() => {
	'use strict';
	const SLICE_MS = 12, TRIES = 256;
	const main = document.querySelector('main'), form = document.querySelector('form'), bar = document.querySelector('progress');
	const say = document.getElementById('state'), given = main.dataset;
	const bits = Number(given.bits), parts = Number(given.parts), began = performance.now();

	// The constants of SHA-256: the first 32 bits behind the point of roots of primes.
	const first = [], roots = new Int32Array(64);
	for (let n = 2, count = 0; count < 64; n++) {
		let isPrime = true;
		for (let d = 2; d * d <= n && isPrime; d++)
			isPrime = n % d !== 0;
		if (!isPrime)
			continue;
		if (count < 8)
			first.push((Math.sqrt(n) % 1) * 4294967296 | 0);
		roots[count++] = (Math.cbrt(n) % 1) * 4294967296 | 0;
	}

	const words = new Int32Array(64);

	// One block, in words[0..15]; returns the new state.
	function compress(state) {
		let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
		for (let i = 0; i < 64; i++) {
			if (i > 15) {
				const x = words[i - 15], y = words[i - 2];
				words[i] = words[i - 16] + words[i - 7] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) +
					((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10) | 0;
			}
			const one = h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + roots[i] + words[i] | 0;
			const two = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0;
			h = g; g = f; f = e; e = d + one | 0; d = c; c = b; b = a; a = one + two | 0;
		}
		return [state[0] + a | 0, state[1] + b | 0, state[2] + c | 0, state[3] + d | 0,
			state[4] + e | 0, state[5] + f | 0, state[6] + g | 0, state[7] + h | 0];
	}

	// The first 16 bytes of SHA-256 of the question, which is exactly one block long.
	function seedOf(text) {
		for (let i = 0; i < 16; i++)
			words[i] = text.charCodeAt(4 * i) << 24 | text.charCodeAt(4 * i + 1) << 16 | text.charCodeAt(4 * i + 2) << 8 | text.charCodeAt(4 * i + 3);
		const state = compress(first);
		words.fill(0);
		words[0] = 1 << 31;
		words[15] = 512;
		return compress(state).slice(0, 4);
	}

	const seed = seedOf(given.ask), found = [];
	let number = 0;

	// TRIES numbers of the part at hand; true when one of them solves it.
	function tries() {
		words.set(seed);
		words[4] = found.length;
		words[6] = 1 << 31;
		words.fill(0, 7, 15);
		words[15] = 192;
		for (const end = number + TRIES; number < end; number++) {
			words[5] = number;
			if (compress(first)[0] >>> 32 - bits === 0)
				return true;
		}
		return false;
	}

	function show(id) {
		for (const each of ['work', 'wait'])
			document.getElementById(each).hidden = each !== id;
	}

	// The other way in, for whatever reason: after the wait that the page announces.
	function wait() {
		show('wait');
		setTimeout(() => form.submit(), Math.max(0, Number(given.wait) * 1000 + 100 - (performance.now() - began)));
	}

	function enter() {
		say.textContent = given.done;
		if (form.method === 'post')
			form.submit();
		else
			location.reload();
	}

	function answer() {
		const url = given.admit + '?ask=' + given.ask + '&work=' + found.map((each) => each.toString(16)).join('.');
		fetch(url, { method: 'POST', credentials: 'same-origin', cache: 'no-store', redirect: 'error' })
			.then((reply) => reply.status === 204 ? enter() : wait(), wait);
	}

	// In slices, so that the page stays alive; a message comes back sooner than a timer.
	const turns = new MessageChannel();
	turns.port1.onmessage = () => {
		const until = performance.now() + SLICE_MS;
		while (performance.now() < until) {
			if (!tries())
				continue;
			found.push(number);
			number = 0;
			bar.value = found.length;
			if (found.length === parts) {
				turns.port1.close();
				answer();
				return;
			}
		}
		turns.port2.postMessage(0);
	};

	if (parts && given.ask.length === 64) {
		show('work');
		turns.port2.postMessage(0);
	} else {
		wait();
	}
})();
