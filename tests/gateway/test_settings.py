"""A wrong settings file is told in one line: at the start nothing is served, later the last good stays."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml

from gateway.config import FolderSource, GatewayConfig, Limits
from gateway.errors import ConfigError, SourceError
from gateway.folder_settings import read_settings
from gateway.operator import read_operator_settings
from gateway.serve import run


def without(value: dict, member: str) -> dict:
    return {name: part for name, part in value.items() if name != member}


WRONG = {
    "an issuer that is text": (lambda s: s.update(issuer="http://issuer.test"), "/issuer", "jwks"),
    "no issuer": (lambda s: s.pop("issuer"), "/issuer", "is required"),
    "no keys": (lambda s: s["issuer"].pop("jwks"), "/issuer/jwks", "is required"),
    "a consumer without clients": (lambda s: s["consumers"][0].pop("clientIds"), "/consumers/0", ""),
    "a consumer without a plan": (lambda s: s["consumers"][1].pop("plan"), "/consumers/1/plan", "burst"),
    "an unknown layer": (lambda s: s["consumers"][0].update(layer="cellar"), "/consumers/0/layer", "owner"),
    "consumers by name": (lambda s: s.update(consumers={"portal": {}}), "/consumers", "clientIds"),
    "a misspelt member": (lambda s: s.update(consumer=[]), "/consumer", "is no setting"),
    "a state unheard of": (lambda s: s.update(lifecycles={"orders.v1": {"state": 1}}), "/lifecycles", ""),
    "a date that is none": (
        lambda s: s.update(lifecycles={"orders.v1": {"state": "deprecated", "sunsetAt": "soon"}}), "", "soon",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_settings_file_is_told_before_anything_is_served(tmp_path, told, name):
    change, place, wanted = WRONG[name]
    value = copy.deepcopy({part: told[part] for part in ("issuer", "consumers") if part in told})
    change(value)
    path = tmp_path / "gateway.yaml"
    path.write_text(yaml.safe_dump(value))
    with pytest.raises(ConfigError) as caught:
        run(GatewayConfig(FolderSource(tmp_path, path), {}, port=0))
    message = str(caught.value)
    assert message.startswith(f"{path}: {place}")
    assert wanted in message
    assert "\n" not in message


@pytest.mark.parametrize("text", ["a: [", "- a", "", "a: !!python/object:x.Y {}", "? {a: b}\n: c"])
def test_a_file_that_holds_no_settings_is_told(tmp_path, text):
    path = tmp_path / "gateway.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"gateway\.yaml: "):
        run(GatewayConfig(FolderSource(tmp_path, path), {}, port=0))


def test_a_settings_file_that_becomes_wrong_leaves_the_last_good_in_force(make_gateway, upstream, read):
    gateway = make_gateway(upstream.url)
    upstream.answers(200, b'{"items":[]}')
    before = gateway.client.get("/-/routes").json()["revision"]
    gateway.settings_file.write_text("issuer: http://issuer.test\n")
    for _ in range(200):
        ready = gateway.client.get("/-/ready").json()
        if "detail" in ready or "wanted" in gateway.client.get("/-/metrics").text:
            break
    assert gateway.client.get("/-/routes").json()["revision"] == before
    assert gateway.client.get("/system/orders/v1/orders", headers=read).status_code == 200


def test_the_settings_that_the_guide_shows_are_taken(tmp_path):
    guide = Path(__file__).parents[2] / "docs" / "how-to" / "run-a-gateway.md"
    path = tmp_path / "gateway.yaml"
    path.write_text(guide.read_text().split("```yaml\n")[1].split("```")[0])
    snapshot, lifecycles = read_settings(path, Limits())
    assert [consumer.name for consumer in snapshot.consumers] == ["order-desk"]
    assert lifecycles["orders.v1"].state == "deprecated"
    assert snapshot.revoked


SECRET = "a secret of thirty-two bytes, or more"
ENTRY = {"id": "A" * 10, "client": "c", "digest": "0" * 64}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"apiKeyPepper": {"environment": "NOT_SET_ANYWHERE"}}, "NOT_SET_ANYWHERE has 0 bytes; it needs 16"),
        ({"apiKeyPepper": {"file": "/nowhere/pepper"}}, "/nowhere/pepper cannot be read"),
        ({"apiKeyPepper": SECRET}, "/authentication/apiKeyPepper"),
        ({"apiKeys": [ENTRY, ENTRY]}, "two keys have the id AAAAAAAAAA"),
        ({"apiKeys": [{**ENTRY, "id": letter * 10} for letter in "ABC"]}, "client c has more than 2 keys"),
        ({"apiKeys": [{**ENTRY, "digest": "pak_x"}]}, "/authentication/apiKeys/0/digest"),
        ({"apiKeys": [{**ENTRY, "notAfter": "tomorrow"}]}, "/authentication/apiKeys/0/notAfter"),
        ({"dpop": {"origins": ["https://api.test/path"]}}, "/authentication/dpop/origins/0"),
        ({"certificates": {"proxies": ["10.0.0.1/8"]}}, "has host bits set"),
        ({"certificates": {"proxies": ["10.0.0.1"], "header": "x-mine"}}, "/certificates/header"),
        ({"introspection": {"url": "file:///x", "clientId": "c", "clientSecret": {}}}, "/introspection"),
    ],
)  # fmt: skip
def test_wrong_settings_of_authentication_are_told(tmp_path, value, said):
    path = tmp_path / "operator.yaml"
    path.write_text(yaml.safe_dump({"authentication": value}))
    with pytest.raises(SourceError) as raised:
        read_operator_settings(path, Limits())
    assert said in str(raised.value)
    assert SECRET not in str(raised.value)


def test_secrets_come_from_where_the_settings_say_and_are_not_shown(tmp_path):
    (tmp_path / "secret").write_text(SECRET + "\n")
    partner = {
        "keyId": "p",
        "client": "c",
        "secret": {"file": str(tmp_path / "secret")},
        "claims": {"a": ["b"]},
    }
    path = tmp_path / "operator.yaml"
    path.write_text(yaml.safe_dump({"authentication": {"partners": [partner], "apiKeys": [ENTRY]}}))
    told = read_operator_settings(path, Limits()).authentication
    assert (told.partners[0].secret, told.partners[0].attributes) == (
        SECRET.encode(),
        {"a": frozenset({"b"})},
    )
    assert SECRET not in repr(told)
    assert told.api_keys[0].digest == bytes(32)
    assert repr(bytes(32)) not in repr(told)
