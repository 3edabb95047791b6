# The commands a person types. Meson builds underneath (build/); the work is in tools/.

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR ?=
TIME ?= 20
PORTAL ?= demo
DEMO ?=

export DEMO PORTAL TIME

.PHONY: build run test bench fuzz install clean help

build:
	@tools/install build
	@tools/build release
	@echo "built: build/bouclier"

run:
	@exec tools/run

test:
	@exec tools/test

bench:
	@tools/install build bench
	@tools/build release
	@exec bench/run proxy

fuzz:
	@exec tools/fuzz

install:
	@tools/install build rules
	@tools/build release
	@PREFIX=$(PREFIX) SYSCONFDIR=$(SYSCONFDIR) DESTDIR=$(DESTDIR) packaging/install

clean:
	rm -rf build build-asan build-crash build-clang build-fuzz .run

help:
	@echo "make                          build (build/bouclier)"
	@echo "make run [PORTAL=mediawiki]   the shield before a demo portal, on https://localhost:8443"
	@echo "make run DEMO=attack          and a short attack on it: an incident is born, contained and closed within two minutes"
	@echo "make test                     build every variant, run every test"
	@echo "make bench                    Bouclier beside nginx, HAProxy and h2o"
	@echo "make fuzz [TIME=20]           every fuzzer, TIME seconds each"
	@echo "make install [PREFIX=/usr/local] [DESTDIR=]"
	@echo "make clean"
