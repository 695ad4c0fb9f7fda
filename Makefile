# make install · demo · test · lint · wheel · pythons · bench · gpu · sanitize ·
#      torture · lock · newest · clean
# Each target makes .venv first where it is missing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
PIP_INSTALL := $(BIN)/python -m pip install --quiet \
    --disable-pip-version-check --constraint requirements/constraints.txt
SOURCES := setup.cfg setup.py pyproject.toml requirements/constraints.txt \
    $(wildcard projects/fer_yolo_mamba/fer_yolo_mamba/ops/csrc/*)

DEMO := configs/fer_yolo_mamba_demo.py
DEMO_RUN := work_dirs/fer_yolo_mamba_demo

.PHONY: install demo test lint wheel pythons bench gpu sanitize torture lock \
    newest clean

install: $(INSTALLED)

# "make -B install" installs again, after a C++ compiler was added for instance.
$(INSTALLED): $(SOURCES)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	    { echo "error: $(PYTHON) is older than Python 3.10: name a newer one, as in make PYTHON=python3.11" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
	    { echo "error: $(PYTHON) cannot make virtual environments: install its venv module (python3-venv on Debian)" >&2; exit 2; }
	@echo "Installing into $(VENV), about two minutes ..."
	@$(PIP_INSTALL) --editable .
	@$(BIN)/python tools/collect_env.py
	@touch $@

# What tests and linter need beside it.
$(INSTALLED_DEV): $(INSTALLED)
	@$(PIP_INSTALL) --editable '.[dev]'
	@touch $@

demo: $(INSTALLED)
	$(BIN)/python tools/make_demo_data.py --out data/demo
	$(BIN)/python tools/train.py $(DEMO) --resume
	$(BIN)/python tools/test.py $(DEMO) "$$(cat $(DEMO_RUN)/last_checkpoint)" \
	    --dump $(DEMO_RUN)/test/metrics.json
	$(BIN)/python tools/predict.py --config $(DEMO) --out $(DEMO_RUN)/pictures \
	    --sheet $(DEMO_RUN)/detections.jpg \
	    $$(head -n 12 data/demo/ImageSets/Main/test.txt | sed 's#.*#data/demo/JPEGImages/&.jpg#')

# Three processes on two cores, as tests wait for processes that they start, of one
# thread each, which do not wait for each other: some 15 minutes. Each gets whole
# files, whose tests share fixtures.
test: $(INSTALLED_DEV)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 3 --dist loadfile

lint: $(INSTALLED_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# One wheel for all versions of Python, and the one that is made where there is
# no C++ compiler; both of the same source archive, each tried in a new
# environment from another folder, where none is either.
NO_COMPILER := PATH="$(CURDIR)/$(BIN)"
PORTRAIT := "$$(bin/python -c 'import matplotlib.cbook as c; print(c.get_sample_data("grace_hopper.jpg", asfileobj=False))')"
EXTRAS := [export,video,web]
# $(call try_wheel,WHEEL,SCAN): SCAN is the backend that has to serve.
define try_wheel
rm -rf dist/venv && $(PYTHON) -m venv dist/venv
$(NO_COMPILER) dist/venv/bin/python -m pip install --quiet \
    --disable-pip-version-check --constraint requirements/constraints.txt $(1)
cd dist/venv && bin/fer-yolo-mamba info | grep '^scan: *$(2)$$'
cd dist/venv && bin/fer-yolo-mamba predict $(PORTRAIT)
endef
wheel: $(INSTALLED)
	rm -rf build dist
	$(BIN)/python setup.py --quiet sdist --dist-dir dist
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist dist/*.tar.gz
	$(NO_COMPILER) $(BIN)/python -m pip wheel --quiet --no-deps \
	    --wheel-dir dist/without_compiler dist/*.tar.gz
	$(call try_wheel,"$$(echo dist/*.whl)$(EXTRAS)",cpu)
	cd dist/venv && bin/fer-yolo-mamba export --out faces.onnx && \
	    bin/fer-yolo-mamba predict --weights faces.onnx $(PORTRAIT)
	$(call try_wheel,dist/without_compiler/*.whl,torch)
	rm -rf dist/venv build

bench: $(INSTALLED)
	for part in scan inference training growth; do \
	    $(BIN)/python tools/analysis/benchmark.py $$part \
	        --out outputs/benchmark || exit; \
	done

# What a CUDA GPU is checked and measured with; see tools/README.md.
gpu: $(INSTALLED)
	$(BIN)/python tools/analysis/gpu_check.py --out outputs/gpu_check

# The C++ scan, also as an operator of onnxruntime, under the address and
# undefined-behaviour sanitizers of GCC.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
sanitize: $(INSTALLED_DEV)
	CXXFLAGS="$(SANITIZE) -g" LDFLAGS="$(SANITIZE)" \
	    $(BIN)/python setup.py --quiet build_ext --inplace --force
	LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" \
	    ASAN_OPTIONS=detect_leaks=0 $(BIN)/python -m pytest tests/ops \
	        tests/deploy/test_onnx_network.py; \
	    status=$$?; \
	    $(BIN)/python setup.py --quiet build_ext --inplace --force; \
	    exit $$status

# What damaged files, hostile ones and sudden ends do; see tools/README.md.
torture: $(INSTALLED)
	$(BIN)/python tools/analysis/torture.py --out outputs/torture

# Writes anew what is pinned with its hashes, and the list of its licences,
# after a change of setup.cfg or of the tested versions. Nothing is installed.
LOCK := build/lock
LOCKED := requirements/linux-x86_64-py311.txt
lock:
	$(PYTHON) -m venv $(LOCK)
	$(LOCK)/bin/python -m pip install --quiet --upgrade 'pip>=25.1' uv
	$(LOCK)/bin/uv pip compile setup.cfg --all-extras \
	    --constraint requirements/constraints.txt \
	    --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
	    --generate-hashes --no-emit-index-url --no-emit-find-links --quiet \
	    --custom-compile-command "make lock" --output-file $(LOCKED)
	$(LOCK)/bin/python -m pip install --dry-run --quiet --ignore-installed \
	    --no-deps --require-hashes --report $(LOCK)/report.json -r $(LOCKED)
	$(PYTHON) requirements/licences.py $(LOCK)/report.json \
	    > requirements/licences.md

# Whether the newest versions that setup.cfg allows still serve: installs them
# beside .venv and runs the tests that take seconds. PINS holds some back, as in
# PINS=torch==2.13.0.
NEWEST := build/newest
QUICK := tests/test_*.py tests/compat tests/configs tests/evaluation \
    tests/visualization tests/engine/test_config.py
newest:
	$(PYTHON) -m venv $(NEWEST)
	$(NEWEST)/bin/python -m pip install --quiet --upgrade \
	    --editable '.[dev]' $(PINS)
	@sed 's/;.*//' requirements/constraints.txt > $(NEWEST)/tested.txt
	@echo "Versions that requirements/constraints.txt does not name:"
	@$(NEWEST)/bin/python -m pip freeze --exclude-editable | \
	    grep -vixFf $(NEWEST)/tested.txt || true
	$(NEWEST)/bin/python -m pytest $(QUICK)

# The wheel that "make wheel" left in dist, on other versions of Python: the
# tests that take seconds, and those of what people call.
PYTHONS := python3.10 python3.12 python3.13 python3.14
pythons:
	@for python in $(PYTHONS); do \
	    $$python -m venv build/$$python && \
	    build/$$python/bin/python -m pip install --quiet \
	        --disable-pip-version-check \
	        --constraint requirements/constraints.txt \
	        "$$(echo dist/*.whl)[dev]" && \
	    build/$$python/bin/python -m pytest $(QUICK) tests/apis tests/cli || \
	    exit; \
	done

clean:
	rm -rf $(VENV) build projects/fer_yolo_mamba/*.egg-info
