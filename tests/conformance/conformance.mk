# SPDX-License-Identifier: BSD-2-Clause
# Requirement -> test -> result; README.md has the convention.

docs/conformance.md:
	$(call say,DOC,$@)
	$(Q)tests/conformance/conformance.py doc >$@.tmp && mv $@.tmp $@
.PHONY: docs/conformance.md

.PHONY: conformance
conformance: ## out/conformance.txt: each requirement with the results of the last run
	$(Q)mkdir -p $(O)
	$(Q)FAIRLEAD_RESULTS=$(O)/results tests/conformance/conformance.py report \
		>$(O)/conformance.txt; status=$$?; tail -n 1 $(O)/conformance.txt; \
		echo "conformance: $$((1 - status)) passed, $$status failed"; \
		exit $$status
