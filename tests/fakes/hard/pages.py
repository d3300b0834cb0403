"""Every list returns one entry a page, with each service's own names for the token."""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from fakes import wire
from fakes.hard.base import (
    QUERY_SERVICES,
    Layer,
    as_json,
    error,
    params,
    succeeded,
    with_json,
    with_params,
)

TOKEN = re.compile(r"page-(\d+)")


@dataclass(frozen=True)
class List:
    """ask is the token's name in the request, more in the answer, entries is the list, limit the
    page's size."""

    ask: str
    more: str
    entries: str
    limit: str
    only_with_limit: bool = False  # without a limit it is returned whole, as AWS does


LISTS = {
    "dynamodb:ListStreams": List(
        "ExclusiveStartStreamArn", "LastEvaluatedStreamArn", "Streams", "Limit"
    ),
    "dynamodb:ListTables": List(
        "ExclusiveStartTableName", "LastEvaluatedTableName", "TableNames", "Limit"
    ),
    "dynamodb:ListTagsOfResource": List("NextToken", "NextToken", "Tags", ""),
    "events:ListRuleNamesByTarget": List("NextToken", "NextToken", "RuleNames", "Limit"),
    "events:ListRules": List("NextToken", "NextToken", "Rules", "Limit"),
    "events:ListTargetsByRule": List("NextToken", "NextToken", "Targets", "Limit"),
    "iam:ListAttachedRolePolicies": List("Marker", "Marker", "AttachedPolicies", "MaxItems"),
    "iam:ListRolePolicies": List("Marker", "Marker", "PolicyNames", "MaxItems"),
    "iam:ListRoleTags": List("Marker", "Marker", "Tags", "MaxItems"),
    "iam:ListRoles": List("Marker", "Marker", "Roles", "MaxItems"),
    "lambda:ListEventSourceMappings": List(
        "Marker", "NextMarker", "EventSourceMappings", "MaxItems"
    ),
    "lambda:ListFunctionEventInvokeConfigs": List(
        "Marker", "NextMarker", "FunctionEventInvokeConfigs", "MaxItems"
    ),
    "lambda:ListFunctions": List("Marker", "NextMarker", "Functions", "MaxItems"),
    "lambda:ListVersionsByFunction": List("Marker", "NextMarker", "Versions", "MaxItems"),
    "lambda:ListAliases": List("Marker", "NextMarker", "Aliases", "MaxItems"),
    "logs:DescribeLogGroups": List("nextToken", "nextToken", "logGroups", "limit"),
    "sqs:ListDeadLetterSourceQueues": List(
        "NextToken", "NextToken", "queueUrls", "MaxResults", True
    ),
    "sqs:ListQueues": List("NextToken", "NextToken", "QueueUrls", "MaxResults", True),
    "ssm:DescribeParameters": List("NextToken", "NextToken", "Parameters", "MaxResults"),
    "ssm:GetParametersByPath": List("NextToken", "NextToken", "Parameters", "MaxResults"),
    "tagging:GetResources": List(
        "PaginationToken", "PaginationToken", "ResourceTagMappingList", "ResourcesPerPage"
    ),
}


def _local(tag):
    return tag.rpartition("}")[2]


def _find(root, name):
    return next((e for e in root.iter() if _local(e.tag) == name), None)


class JsonPages:
    """A JSON answer: its list, its token."""

    def __init__(self, response, shape):
        self.response, self.shape, self.value = response, shape, as_json(response)

    @property
    def entries(self):
        return self.value.get(self.shape.entries) or []

    @property
    def token(self):
        return self.value.get(self.shape.more)

    def page(self, entries, token):
        value = {k: v for k, v in self.value.items() if k != self.shape.more}
        value[self.shape.entries] = entries
        if token:
            value[self.shape.more] = token
        return with_json(self.response, value)


class XmlPages:
    """An answer of a Query service."""

    def __init__(self, response, shape):
        self.response, self.shape = response, shape
        self.root = ET.fromstring(response.body)
        self.list = _find(self.root, shape.entries)

    @property
    def entries(self):
        return list(self.list) if self.list is not None else []

    @property
    def token(self):
        found = _find(self.root, self.shape.more)
        return found.text if found is not None else None

    def page(self, entries, token):
        space = self.root.tag[1:].partition("}")[0]
        result = next(e for e in self.root if _local(e.tag).endswith("Result"))
        for name in ("IsTruncated", self.shape.more):
            if (old := _find(result, name)) is not None:
                result.remove(old)
        if self.list is None:
            self.list = ET.SubElement(result, f"{{{space}}}{self.shape.entries}")
        for old in list(self.list):
            self.list.remove(old)
        self.list.extend(entries)
        ET.SubElement(result, f"{{{space}}}IsTruncated").text = "true" if token else "false"
        if token:
            ET.SubElement(result, f"{{{space}}}{self.shape.more}").text = token
        ET.register_namespace("", space)
        return wire.Response(
            200, wire.Headers([("Content-Type", "text/xml")]), ET.tostring(self.root)
        )


class OnePerPage(Layer):
    """Lists return one entry a page; with empty_first also after an empty first page, as SSM,
    CloudWatch Logs and the tagging API may do with a filter."""

    def __init__(self, empty_first=False):
        super().__init__()
        self.empty_first = empty_first

    def __call__(self, exchange, go_on):
        shape = LISTS.get(exchange.name)
        if not shape:
            return go_on()
        asked = params(exchange.service, exchange.request)
        if shape.only_with_limit and shape.limit not in asked:
            return go_on()
        at = self._position(asked.pop(shape.ask, None) or None)
        if at is None:
            return error(exchange, "InvalidNextTokenException", "no such token")
        asked.pop(shape.limit, None)
        last, entries = self._all(exchange, shape, asked, go_on)
        if last is None:
            return entries
        self.use()
        return self._page(last, entries, at)

    @staticmethod
    def _position(token):
        if token is None:
            return 0
        match = TOKEN.fullmatch(token)
        return int(match.group(1)) if match else None

    @staticmethod
    def _all(exchange, shape, asked, go_on):
        """(the last of moto's own pages, the entries of all); (None, the failure)."""
        read = XmlPages if exchange.service in QUERY_SERVICES else JsonPages
        entries, token = [], None
        while True:
            more = {shape.ask: token} if token else {}
            request = with_params(exchange.service, exchange.request, {**asked, **more})
            response = go_on(request)
            if not succeeded(response):
                return None, response
            page = read(response, shape)
            entries += page.entries
            if not page.token or page.token == token:
                return page, entries
            token = page.token

    def _page(self, last, entries, at):
        first = at - 1 if self.empty_first else at
        shown = entries[first : first + 1] if first >= 0 else []
        end = first + 1 >= len(entries)
        return last.page(shown, None if end else f"page-{at + 1}")
