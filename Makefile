# Everything works from a fresh clone: each target makes the environment that it needs.
#   make compare                     make test PYTHON=python3.12

PYTHON ?= $(firstword $(foreach name,python3 python3.11 python3.12 python3.13, \
	$(shell $(name) -c 'import sys; assert (3, 11) <= sys.version_info < (3, 14)' 2>/dev/null && echo $(name))))
PYTHON37 ?= $(firstword $(foreach name,python3.7 $(HOME)/.pyenv/versions/3.7.*/bin/python, \
	$(shell $(name) -c 'import sys; assert sys.version_info[:2] == (3, 7)' 2>/dev/null && echo $(name))))
VENV ?= $(if $(filter command% environment%,$(origin PYTHON)),.venv-$(notdir $(PYTHON)),.venv)
BIN = $(VENV)/bin
PIP_INSTALL = python -m pip --disable-pip-version-check install --quiet --no-compile
PIP = $(BIN)/$(PIP_INSTALL) --constraint constraints.txt
# Python compiles what it imports and keeps it; pip would compile all of every package, which is two
# fifths of an installation.
export PYTHONDONTWRITEBYTECODE =
ARGS ?=
EXTRAS ?= dev
# One more worker than cores, up to four: a test often waits for a process that it has started.
WORKERS ?= $(shell cores=$$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN); echo $$((cores < 3 ? cores + 1 : 4)))

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):[^#]*## (.*)/\1\t\2/' | expand -t 12

.PHONY: compare
compare: $(VENV)/installed ## train TF1 and Keras side by side on real digits and compare; writes my-run (ARGS="--epochs 100 --out other")
	$(BIN)/tf1keras compare --out my-run $(ARGS)

.PHONY: article
article: $(VENV)/installed ## run the article's listing, printing its own lines
	$(BIN)/tf1keras article $(ARGS)

.PHONY: install
install: $(VENV)/installed ## make .venv with the command tf1keras in it

.PHONY: test
test: lint tests ## lint, then pytest with a worker more than there are cores, up to four; all of MNIST too where MNIST_DIR says where its files are

# Where there are more workers than cores, a thread that waits by spinning takes the time of one that
# computes.
tests: export OMP_WAIT_POLICY = PASSIVE
tests: export OPENBLAS_THREAD_TIMEOUT = 4
.PHONY: tests
tests: $(VENV)/installed-dev ## pytest without lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

.PHONY: tf115
tf115: .venv-tf115/installed ## genuine TensorFlow 1.15.5, to test against: TF115=.venv-tf115/bin/python make test

.PHONY: frameworks
frameworks: $(VENV)/installed-frameworks ## JAX and PyTorch, for --lanes keras-jax keras-torch and their tests

.PHONY: legacy
legacy: $(VENV)/installed ## tf-keras and tf-slim, for a PAIR.py with tf.layers, tf.nn.rnn_cell or slim
	$(PIP) --editable ".[legacy]"

.PHONY: lint
lint: $(VENV)/installed-dev ## ruff, mypy, codespell, and which way imports go
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell
	$(BIN)/lint-imports --no-logo

.PHONY: format
format: $(VENV)/installed-dev ## let ruff lay out the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: figures
figures: $(VENV)/installed ## measure again what README and docs quote of compare, ablate and check, and write every page
	rm -rf runs/figures
	$(BIN)/tf1keras compare --out runs/figures/compare
	$(BIN)/tf1keras ablate --out runs/figures/ablate
	$(BIN)/python -m docs.figures.write_compare_and_ablate runs/figures/compare runs/figures/ablate
	$(BIN)/python -m docs.figures.write_lockstep runs/figures/compare
	$(BIN)/python -m docs.figures.write_check
	$(BIN)/python -m docs.figures.write_pages

.PHONY: fine-tuning
fine-tuning: $(VENV)/installed ## measure again what docs/do/fine-tuning.md quotes, an hour (SOURCE=the article's result on mnist)
	$(BIN)/python -m docs.figures.write_finetune $(SOURCE)

.PHONY: article-map
article-map: $(VENV)/installed-frameworks ## measure again what docs/start/article-map.md quotes, a quarter of an hour
	rm -rf runs/article-map
	$(BIN)/python -m docs.figures.write_article_map

.PHONY: traps
traps: $(VENV)/installed .venv-tf115/installed ## measure again how far docs/understand/tf1-to-keras.md says that Keras is off, a minute
	$(BIN)/python -m docs.figures.write_traps .venv-tf115/bin/python

.PHONY: portable
portable: $(VENV)/installed ## train the portable lane on every machine that this one can be, and write what docs quote, an hour (PYTHONS=others that have NumPy, blis, mkl)
	mkdir -p runs
	$(BIN)/python -m docs.figures.portable.inputs runs/start.npz
	$(BIN)/python -m docs.figures.portable.measure mnist_5k runs/start.npz 1000 $(PYTHONS)
	$(BIN)/python -m docs.figures.portable.trees
	$(BIN)/python -m docs.figures.portable.write

.PHONY: mutations
mutations: $(VENV)/installed-dev ## examine every mistake and every style that tests/checking/mutations can make, an hour
	mkdir -p runs
	$(BIN)/python -m tests.checking.mutations.table runs/mutations.jsonl
	$(BIN)/python -m docs.figures.write_mutations runs/mutations.jsonl

.PHONY: bench
bench: $(VENV)/installed-frameworks ## measure every lane and other libraries, and write the table, ten minutes
	rm -rf runs/bench
	$(BIN)/tf1keras bench --out runs/bench
	$(BIN)/python -m docs.figures.write_bench runs/bench

.PHONY: speed
speed: $(VENV)/installed-frameworks ## measure again what docs/reference/speed.md quotes besides, a quarter of an hour and 8 GB
	$(BIN)/python -m docs.figures.speed.start
	$(BIN)/python -m docs.figures.speed.memory
	$(BIN)/python -m docs.figures.speed.peaks
	$(BIN)/python -m docs.figures.speed.ops

.PHONY: fuzz
fuzz: $(VENV)/installed-fuzz ## give every reader of files a million damaged inputs, ten minutes (ARGS="1000 npz")
	$(BIN)/python -m tests.promises.fuzz $(ARGS)

.PHONY: audit
audit: .venv-audit/installed ## ask PyPI for known vulnerabilities of what constraints.txt pins
	.venv-audit/bin/pip-audit --strict --no-deps --disable-pip --requirement constraints.txt

.PHONY: soak
soak: $(VENV)/installed-dev ## the longest tests: 20,000 epochs at a stretch, 20 kills at random moments, 50 at system calls (strace), all of MNIST (MNIST_DIR=DIR), an hour
	$(BIN)/python -m pytest -s -m soak

.PHONY: notebook
notebook: $(VENV)/installed-dev ## make the notebooks of the tutorial and the exercises from docs/tutorial/*.py and *.zh-CN.txt
	$(BIN)/python docs/tutorial/notebook.py

.PHONY: site
site: .venv-site/installed ## make a website of docs/ in build/site, in both languages, with a search; fails at a link that leads nowhere
	NO_MKDOCS_2_WARNING=1 .venv-site/bin/mkdocs build --strict
	@echo "build/site/index.html is there; its search needs a server: python3 -m http.server --directory build/site"

.PHONY: clean
clean: ## remove the environments and caches; runs stay
	rm -rf .venv .venv-* build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed, and none was found; install one, or: make PYTHON=/path/to/python" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

.venv-tf115/installed:
	@test -n "$(PYTHON37)" || { echo "Python 3.7 is needed, and none was found; install one, or: make tf115 PYTHON37=/path/to/python3.7" >&2; exit 2; }
	$(PYTHON37) -m venv .venv-tf115
	.venv-tf115/bin/$(PIP_INSTALL) 'tensorflow==1.15.5' 'protobuf<3.21'
	@touch $@

$(VENV)/installed: $(VENV)/python pyproject.toml constraints.txt
	@echo "installing into $(VENV), about two minutes ..."
	$(PIP) --editable .
	@$(BIN)/tf1keras env >/dev/null
	@touch $@

$(VENV)/installed-frameworks: $(VENV)/installed
	$(PIP) --editable ".[jax,torch]"
	@touch $@

$(VENV)/installed-fuzz: $(VENV)/installed-dev
	$(PIP) --editable ".[dev,fuzz]"
	@touch $@

.venv-audit/installed: $(VENV)/python
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/$(PIP_INSTALL) pip-audit==2.10.1
	@touch $@

.venv-site/installed: $(VENV)/python constraints.txt
	$(PYTHON) -m venv .venv-site
	.venv-site/bin/$(PIP_INSTALL) --constraint constraints.txt mkdocs-material
	@touch $@

$(VENV)/installed-dev: $(VENV)/python pyproject.toml constraints.txt
	@echo "installing into $(VENV), about two minutes ..."
	$(PIP) --editable ".[$(EXTRAS)]"
	@$(BIN)/tf1keras env >/dev/null
	@touch $@ $(VENV)/installed
