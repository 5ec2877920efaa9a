"""The pages of accounts: `sign_in`, `account` (password, tokens), `invitation`, and
`organization_addresses`, which leads to the organization in the address of a page.
"""
