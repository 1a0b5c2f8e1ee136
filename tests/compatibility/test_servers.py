"""The base path of the server belongs to every operation: moved within a major, each call fails."""

from __future__ import annotations

from typing import Any

import pytest

from compatibility import compare


def served(url: str, version: str) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": version},
        "servers": [{"url": url}],
        "paths": {"/a": {"get": {"responses": {"200": {"description": "ok"}}}}},
    }


@pytest.mark.parametrize("host", ["", "https://h"])
@pytest.mark.parametrize(("first", "second"), [("1.0.0", "1.0.0"), ("1.0.0", "1.1.0"), ("1.0.0", "3.0.0")])
def test_a_base_path_of_another_major_breaks_within_a_major(host: str, first: str, second: str) -> None:
    report = compare(served(f"{host}/v1", first), served(f"{host}/v2", second))

    assert report.verdict == "breaking"
    breaking = [one for one in report.findings if one.level == "breaking"]
    (finding,) = (one for one in breaking if one.rule != "version-bump-too-small")
    assert finding.rule == "server-removed"
    assert "`/v1`" in finding.message
    assert "`/v2`" in finding.message


@pytest.mark.parametrize("host", ["", "https://h"])
def test_a_base_path_that_follows_the_major_is_the_same_place(host: str) -> None:
    report = compare(served(f"{host}/v1", "1.4.0"), served(f"{host}/v2", "2.0.0"))

    assert report.verdict == "compatible"


@pytest.mark.parametrize("after", [[{"url": "https://h/rest"}], [{"url": "https://g/rest"}], []], ids=str)
def test_another_base_path_is_one_cause_for_all_operations(after: list[Any]) -> None:
    def contract(servers: list[Any], version: str) -> dict[str, Any]:
        given = routed(servers)
        return {
            **given,
            "info": {"title": "T", "version": version},
            "paths": {"/a": given["paths"]["/a"], "/b/{id}": given["paths"]["/a"]},
        }

    report = compare(contract([{"url": "https://h/api"}], "1.0.0"), contract(after, "2.0.0"))

    (finding,) = report.findings
    assert finding.rule == "server-removed"
    assert finding.message == "`https://h/api` is no longer a server of this contract"


def test_the_operation_that_leaves_a_server_is_named() -> None:
    outer, inner = [{"url": "https://h"}], [{"url": "https://g"}]
    before, after = routed(outer), routed(outer, inner)
    for one in (before, after):
        one["paths"]["/b"] = {"get": {"responses": {"200": {"description": "ok"}}}}

    report = compare(before, after)

    (finding,) = (one for one in report.findings if one.rule == "server-removed")
    assert finding.operations == ("GET /a",)
    assert finding.message.endswith("is no longer a server of GET /a")
    assert finding.every_request


@pytest.mark.parametrize(
    ("one", "other"),
    [("https://h", "https://h:443"), ("http://h/a", "http://h:80/a"), ("wss://h", "wss://h:443")],
)
def test_the_usual_port_may_be_written(one: str, other: str) -> None:
    assert broken(routed([{"url": one}]), routed([{"url": other}])) == []
    assert broken(routed([{"url": other}]), routed([{"url": one}])) == []
    assert broken(routed([{"url": one}]), routed([{"url": one.replace("h", "h:8443", 1)}])) != []


def calling(url: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answers = {"responses": {"200": {"description": "ok"}}}
    call = {"post": {"requestBody": {"content": {"application/json": {"schema": body}}}, **answers}}
    operation = {**answers, "callbacks": {"done": {"{$request.body#/url}": call}}}
    return {**routed([{"url": url}]), "paths": {path: {"post": operation}}}


def test_a_callback_moves_with_its_operation() -> None:
    before = calling("https://h/v1", "/things", {"type": "string"})

    assert broken(before, calling("https://h", "/v1/things", {"type": "string"})) == []
    assert broken(before, calling("https://h", "/v1/things", {"type": "integer"})) == [
        "response-type-widened"
    ]
    assert broken(before, calling("https://g", "/things", {"type": "string"})) == ["server-removed"]


def routed(servers: list[Any], path_servers: list[Any] | None = None) -> dict[str, Any]:
    item: dict[str, Any] = {"get": {"responses": {"200": {"description": "ok"}}}}
    if path_servers is not None:
        item["servers"] = path_servers
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1.0.0"},
        "servers": servers,
        "paths": {"/a": item},
    }


def broken(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    report = compare(before, after)
    found = [one for one in report.findings if one.level == "breaking"]
    return [one.rule for one in found if one.rule != "version-bump-too-small"]


def test_each_of_several_base_paths_is_a_promise() -> None:
    both, one = [{"url": "https://h/x"}, {"url": "https://h/y"}], [{"url": "https://h/x"}]

    assert broken(routed(both), routed(one)) == ["server-removed"]
    assert broken(routed(one), routed(both)) == []


def test_servers_in_another_order_are_the_same_servers() -> None:
    both = [{"url": "https://h/x"}, {"url": "https://g/y"}]

    assert broken(routed(both), routed(both[::-1])) == []


def test_the_servers_of_a_path_count_in_place_of_those_of_the_contract() -> None:
    outer, inner = [{"url": "https://h"}], [{"url": "https://g"}]

    assert broken(routed(outer), routed(outer, inner)) == ["server-removed"]
    assert broken(routed(inner, inner), routed(outer, inner)) == []


def test_a_host_is_a_host_in_capitals_too() -> None:
    assert broken(routed([{"url": "https://H"}]), routed([{"url": "HTTPS://h/"}])) == []


def test_an_open_variable_takes_in_each_of_its_values() -> None:
    fixed = [{"url": "https://eu.h"}]
    open_one = [{"url": "https://{region}.h", "variables": {"region": {"default": "eu"}}}]

    assert broken(routed(fixed), routed(open_one)) == []
    assert broken(routed(open_one), routed(fixed)) == ["server-removed"]


def test_paths_that_differ_in_names_of_parameters_only_keep_their_partners() -> None:
    answers = {"responses": {"200": {"description": "ok"}}}
    paths = {
        f"/files/{{{name}}}": {
            "get": {
                "operationId": f"by_{name}",
                "parameters": [{"name": name, "in": "path", "required": True, "schema": {"type": kind}}],
                **answers,
            }
        }
        for name, kind in (("id", "integer"), ("name", "string"))
    }
    before = {"openapi": "3.1.0", "info": {"title": "T", "version": "1.0.0"}, "paths": paths}
    after = {**before, "paths": dict(reversed(paths.items())), "tags": [{"name": "x"}]}

    report = compare(before, after)

    assert [one.rule for one in report.findings if one.promise != "docs"] == []
