# SPDX-License-Identifier: BSD-2-Clause
# What shows that nothing wedges the box, beside the tests of what it does.

ASSURE_STEPS	= alloc-fail-short soak-virtual

.PHONY: soak-virtual
soak-virtual: $(O)/host/fairlead-sim ## hours in virtual time, across the wrap of every clock (MINUTES=40 each)
	$(Q)mkdir -p $(O)/results
	$(Q)FAIRLEAD_FIGURES=$(O)/results/assure-soak $< --soak $(or $(MINUTES),40)

.PHONY: assurance
assurance: ## docs/assurance.md from what the last runs found
	$(call say,DOC,docs/assurance.md)
	$(Q)tests/assure/assurance.py $(O)/results $(O)/test >docs/assurance.md.tmp
	$(Q)mv docs/assurance.md.tmp docs/assurance.md
