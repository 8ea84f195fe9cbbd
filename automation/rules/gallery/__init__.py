"""The template gallery: rules that shops want, ready to be looked at, changed and tried.

A template becomes a rule that is off, with the template as its draft; of a rule that the shop has
already, it becomes the next draft, so that no two rules do the same. Conditions ask for intents,
never for words of one language. Macros are named by key and made when a template is installed.
"""
