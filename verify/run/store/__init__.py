"""What runs leave behind, trial by trial, so that a run which was cut short can go on."""

from layerproof.verify.run.store.database import NAME, TrialStore, open_store
from layerproof.verify.run.store.keys import code_of, trial_keys

__all__ = ["NAME", "TrialStore", "code_of", "open_store", "trial_keys"]
