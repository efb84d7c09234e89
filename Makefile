# Everything a newcomer needs: `make forecast`, `make test`, `make serve`. Each sets itself up first.
# Needed: git, make and a python3 (3.11, 3.12 or 3.13). Options go through: make forecast ARGS="--source live"

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
UV := .tools/bin/uv
# Tests with a make target and an environment of their own
ELSEWHERE := not contract and not server and not terraform and not containers and not ansible and not workflows
NEWEST := .venv-newest/bin
DELIVERY = UV_PROJECT_ENVIRONMENT=.venv-delivery $(UV) run --quiet --frozen --only-group delivery --python $(PYTHON) -m scripts.deploy_ecs
RECORD ?= dist/deployment.json
# Guesses by a word or by randomness: they find names of settings and digests, and no key in these files
GUESSES := $(foreach guess,KeywordDetector BasicAuthDetector Base64HighEntropyString HexHighEntropyString,--disable-plugin $(guess))
EXTRAS := --extra pipeline --extra api --extra ui --extra entsoe --extra wandb --group dev
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE ?= copy
export UV_COMPILE_BYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help setup forecast hopsworks test test-quick test-long test-network test-contract test-simulation test-server test-terraform test-containers test-ansible test-workflows test-newest audit build images release-check deploy take-back smoke-test plan serve simulate status check format openapi screenshots lock benchmark clean

help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

setup: .venv/.ready ## Install everything into .venv

forecast: setup ## From nothing to a forecast of the next 48 hours
	@$(BIN)/energy forecast $(ARGS)

hopsworks: setup ## Install the Hopsworks client, too (700 MB); again after each setup
	@$(UV) sync --quiet --frozen --python $(PYTHON) $(EXTRAS) --extra hopsworks

serve: setup ## Start the Dagster UI, the API and the app; Ctrl-C stops all
	@$(BIN)/energy serve $(ARGS)

simulate: setup ## Leave the platform alone for 30 simulated days, with faults; takes an hour or two
	@$(BIN)/energy simulate --days 30 $(ARGS)

status: setup ## Tell what is there and how fresh it is
	@$(BIN)/energy status $(ARGS)

test: setup ## Run all tests but those of minutes
	$(BIN)/pytest -n 2 --dist loadfile -m "not network and not long and $(ELSEWHERE)" $(ARGS)

test-quick: setup ## Run the tests that need no browser and less than 20 seconds each
	$(BIN)/pytest -n 2 --dist loadfile -m "not browser and not slow and not network and not long and $(ELSEWHERE)" $(ARGS)

test-long: setup ## Run the proofs of minutes: hundreds of kills, a minute of writers and readers side by side
	$(BIN)/pytest -m long $(ARGS)

test-network: setup ## Ask the real services what the tests expect of them; needs a network
	$(BIN)/pytest -m network $(ARGS)

test-contract: .venv-contract/.ready ## Run the real Hopsworks and W&B clients against stand-ins, in an environment of their own
	@run='.venv-contract/bin/pytest -m "contract and not network" energy_dagster_tests/contract $(ARGS)'; \
	sh -c "$$run -k wandb" & wandb=$$!; sh -c "$$run -k 'not wandb'"; rest=$$?; wait $$wandb && exit $$rest # side by side: they mostly wait

test-simulation: setup ## Live through three days with faults on a simulated clock; takes 10 to 20 minutes
	$(BIN)/pytest -m long energy_dagster_tests/simulation $(ARGS)

test-server: .venv-server/.ready ## Restart the processes of a server and its PostgreSQL, in an environment of their own
	.venv-server/bin/pytest -m server energy_dagster_tests/server $(ARGS)

test-terraform: .venv-server/.ready ## Check terraform/, apply and destroy it in a stand-in for AWS; needs terraform
	.venv-server/bin/pytest -m terraform energy_dagster_tests/infrastructure/terraform $(ARGS)

test-containers: .venv-server/.ready ## Build the images and bring up compose.yaml; needs podman and buildah, as root
	.venv-server/bin/pytest -m containers energy_dagster_tests/infrastructure/containers $(ARGS)

test-ansible: .venv-server/.ready ## Configure a machine with systemd over SSH, from nothing to a rollback; needs podman, as root
	.venv-server/bin/pytest -m ansible energy_dagster_tests/infrastructure/ansible $(ARGS)

test-workflows: setup ## Lint the workflows, roll out in a stand-in for AWS; needs node and npm
	$(BIN)/pytest -m workflows energy_dagster_tests/infrastructure/workflows $(ARGS)

test-newest: $(UV) ## Run the quick tests with the newest dependencies that pyproject.toml allows, in an environment of their own
	@test -x $(NEWEST)/python || $(UV) venv --quiet --python $(PYTHON) .venv-newest
	$(UV) pip install --quiet --upgrade --python $(NEWEST)/python --group dev --editable '.[pipeline,api,ui,entsoe,wandb]'
	@$(UV) pip freeze --quiet --python $(NEWEST)/python > .venv-newest/resolved.txt
	$(NEWEST)/pytest -n 2 --dist loadfile -m "not browser and not slow and not network and not long and $(ELSEWHERE)" $(ARGS)

audit: $(UV) ## Look for known faults of the dependencies and for keys in the files; needs a network
	git ls-files -z | xargs -0 $(UV) tool run --quiet --from 'detect-secrets==1.5.0' detect-secrets-hook $(GUESSES)
	$(UV) audit --frozen --preview-features audit

build: $(UV) ## Make the packages of the platform and of the client, in dist/
	@rm -rf dist/packages
	@$(UV) build --quiet --out-dir dist/packages .
	@$(UV) build --quiet --out-dir dist/packages client

images: ## Make the three images as archives in dist/images: make images TAG=v0.1.0; needs buildah
	scripts/images.sh build "$$TAG" dist/images

release-check: ## Whether a tag may be released, and its notes: make release-check TAG=v0.1.0
	@$(PYTHON) -m scripts.release_check "$$TAG" $(ARGS)

deploy: $(UV) ## Roll images out on ECS: make deploy ENVIRONMENT=staging TAG=v0.1.0
	@$(DELIVERY) out --environment "$$ENVIRONMENT" --tag "$$TAG" --record $(RECORD) $(ARGS)

take-back: $(UV) ## Take the last `make deploy` back
	@$(DELIVERY) back --environment "$$ENVIRONMENT" --record $(RECORD) $(ARGS)

smoke-test: ## Ask a platform whether it does its work: make smoke-test API=https://api.example.org APP=https://app.example.org
	@$(PYTHON) -m scripts.smoke_test --api "$$API" --app "$$APP" $(ARGS)

export ENVIRONMENT ?= staging
BACKEND ?= -backend-config=backend.hcl

plan: ## Write what terraform would change: make plan ENVIRONMENT=staging
	terraform -chdir=terraform/environments/$(ENVIRONMENT) init -input=false $(BACKEND)
	terraform -chdir=terraform/environments/$(ENVIRONMENT) plan -input=false -lock=false -out=plan.bin $(ARGS)
	terraform -chdir=terraform/environments/$(ENVIRONMENT) show -no-color plan.bin > terraform/environments/$(ENVIRONMENT)/plan.txt

check: setup ## Lint, format, types, import rules, workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=client $(BIN)/lint-imports --no-cache
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions .github/actions/*/action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/zizmor --offline --quiet --persona pedantic .github

format: setup ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

benchmark: setup ## Measure the first forecast: time, memory, where the time goes
	$(BIN)/python benchmarks/first_forecast.py

screenshots: setup ## Take the pictures of the README of the app over data/; needs Chromium
	@$(BIN)/python -m energy_dagster_tests.ui.screenshots $(ARGS)

openapi: setup ## Write the API's contract to docs/openapi.json
	@$(BIN)/python -m api --contract > docs/openapi.json

lock: $(UV) ## Resolve the dependencies anew
	$(UV) lock --python $(PYTHON)

clean: ## Remove what was installed; the data folder stays
	rm -rf .venv .venv-contract .venv-server .venv-newest .venv-delivery .tools

$(UV):
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info[:2] <= (3, 13); sys.exit(0 if ok else "expected python3 3.11, 3.12 or 3.13, found " + sys.version.split()[0] + "; choose one: make PYTHON=/path/to/python3.12")'
	@$(PYTHON) -m venv .tools || { echo "python3 has no working venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; rm -rf .tools; exit 1; }
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'

.venv/.ready: pyproject.toml uv.lock | $(UV)
	@$(UV) sync --quiet --frozen --python $(PYTHON) $(EXTRAS)
	@$(BIN)/python -c 'import lightgbm' 2>/dev/null || { echo "LightGBM does not load; most often the system library libgomp1 is missing: apt-get install libgomp1" >&2; exit 1; }
	@touch $@

.venv-contract/.ready: pyproject.toml uv.lock | $(UV)
	@UV_PROJECT_ENVIRONMENT=.venv-contract $(UV) sync --quiet --frozen --python $(PYTHON) $(EXTRAS) --extra hopsworks --extra wandb
	@touch $@

.venv-server/.ready: pyproject.toml uv.lock | $(UV)
	@UV_PROJECT_ENVIRONMENT=.venv-server $(UV) sync --quiet --frozen --python $(PYTHON) --extra pipeline --extra api --extra ui --extra aws --group dev --group infrastructure
	@touch $@
