"""Messages as Alertmanager 0.25 to 0.28 sends them."""

URL = "/api/v1/monitoring/alerts/"
TOKEN = "what-alertmanager-knows"


def alert(name="HighRedisMemory", status="firing", **changes):
    ended = "2026-03-01T10:20:00Z" if status == "resolved" else "0001-01-01T00:00:00Z"
    return {
        "status": status,
        "labels": {"alertname": name, "severity": "critical", "instance": "cache.example.com:9121"},
        "annotations": {"summary": "Redis is nearly full", "description": "It uses 93 %."},
        "startsAt": "2026-03-01T10:00:00.123456789Z",
        "endsAt": ended,
        "generatorURL": "http://prometheus:9090/graph",
        "fingerprint": "c0ffee",
    } | changes


def message(*alerts, **changes):
    return {
        "receiver": "inbox",
        "status": "firing",
        "alerts": list(alerts),
        "groupLabels": {"alertname": "HighRedisMemory"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "version": "4",
        "groupKey": "{}:{alertname=HighRedisMemory}",
        "truncatedAlerts": 0,
    } | changes


def post(api, body, token=TOKEN):
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client.post(URL, body, format="json")
