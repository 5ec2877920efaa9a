"""/health/detail."""


def test_health_detail_is_for_superusers(api, superuser, admin, organization):
    assert api(admin).get("/health/detail").status_code == 403
    assert api().get("/health/detail").status_code == 401
    health = api(superuser).get("/health/detail").json()
    assert health.keys() >= {"status", "pool", "cache", "queue", "connectors", "monitoring"}
    assert (health["queue"]["tasks"]["ready"], health["pool"]["profile"]) == (0, "dev")
