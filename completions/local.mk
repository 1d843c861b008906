# SPDX-License-Identifier: ISC
# Where bash-completion(8) looks for it by its name when it is first needed.
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = %D%/kmpctl
