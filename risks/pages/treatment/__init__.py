"""Treatment: mitigations and their actions.

Read `on_risk` (plan one for a risk), `mitigation` (its page), `mitigation_steps` and `action_steps`
(what its buttons do) and `forms`; then the lists: `mitigation_list`, `timeline` and `action_list`.
"""
