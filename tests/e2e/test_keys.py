"""Customer managed keys: permissions of the two roles, and what fifoq encrypts itself."""

import json

import boto3
import pytest
import reality
from support import REGION, make_table

from fakes import KEY_ID, SECRET

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
OTHER = KEY.replace("1111-", "9999-")
THEIRS = {"queue": {"existing": "theirs.fifo", "retention": None, "visibility": None}}


def make_queue(aws, key):
    attributes = {"FifoQueue": "true", "VisibilityTimeout": "600", "KmsMasterKeyId": key}
    aws.sqs.create_queue(QueueName="theirs.fifo", Attributes=attributes)


def key_statements(aws, half):
    document = reality.roles(aws)[f"orders-{half}"]["policies"]["fifoq"]
    return {
        each["Sid"]: each for each in document["Statement"] if "kms:" in str(each["Action"])
    }


def statement(sid, service, actions, resource=KEY, **more):
    condition = {"StringEquals": {"kms:ViaService": [f"{service}.{REGION}.amazonaws.com"]}, **more}
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": [f"kms:{action}" for action in actions],
        "Resource": [resource],
        "Condition": condition,
    }


def test_aws_own_keys_need_nothing(fifoq, aws, table):
    fifoq.good("up", "--yes")
    assert key_statements(aws, "ingest") == key_statements(aws, "drain") == {}


@pytest.mark.parametrize("written", [KEY, KEY.rpartition("/")[2]])
def test_the_key_of_an_existing_queue(fifoq, aws, table, written):
    """SQS returns the key as it was given: as an ARN or an id."""
    make_queue(aws, written)
    fifoq.config(THEIRS)
    fifoq.good("up", "--yes")
    both = ["Decrypt", "GenerateDataKey"]
    assert key_statements(aws, "ingest") == {"QueueKey": statement("QueueKey", "sqs", both)}
    assert key_statements(aws, "drain") == {"QueueKey": statement("QueueKey", "sqs", ["Decrypt"])}
    fifoq.good("drift")


def test_a_key_known_by_its_alias(fifoq, aws, table):
    make_queue(aws, "alias/orders")
    fifoq.config(THEIRS)
    fifoq.good("up", "--yes")
    anything = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*"
    by_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": ["alias/orders"]}}
    wanted = statement("QueueKey", "sqs", ["Decrypt"], anything, **by_alias)
    assert key_statements(aws, "drain") == {"QueueKey": wanted}


def test_aws_key_of_an_existing_queue(fifoq, aws, table):
    make_queue(aws, "alias/aws/sqs")
    fifoq.config(THEIRS)
    fifoq.good("up", "--yes")
    assert key_statements(aws, "ingest") == {}


def test_a_queue_whose_key_changes_is_drift(fifoq, aws, table):
    make_queue(aws, KEY)
    fifoq.config(THEIRS)
    fifoq.good("up", "--yes")
    url = aws.sqs.get_queue_url(QueueName="theirs.fifo")["QueueUrl"]
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": OTHER})
    result = fifoq.run("drift")
    assert result.code == 2 and "PolicyDocument.Statement.QueueKey" in result.out
    assert "kms:Decrypt" in fifoq.good("plan").out
    fifoq.good("up", "--yes")
    assert key_statements(aws, "drain")["QueueKey"]["Resource"] == [OTHER]


def test_a_policy_for_a_key_added_by_hand_is_still_an_extra(fifoq, aws, table):
    fifoq.good("up", "--yes")
    document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*"}]}'
    aws.iam.put_role_policy(RoleName="orders-drain", PolicyName="kms", PolicyDocument=document)
    result = fifoq.run("drift")
    assert result.code == 2 and "OtherInlinePolicies.kms" in result.out


def test_the_key_of_an_existing_parameter(fifoq, aws, table):
    name = "/shared/token"
    aws.ssm.put_parameter(Name=name, Value="x", Type="SecureString", KeyId=KEY)
    fifoq.config({"parameters": {"crm-token": {"from": f"existing:{name}"}}})
    fifoq.good("up", "--yes")
    wanted = {"ParameterKey": statement("ParameterKey", "ssm", ["Decrypt"])}
    assert key_statements(aws, "drain") == wanted
    assert key_statements(aws, "ingest") == {}


def test_the_key_of_the_table(fifoq, aws, moto_server):
    make_table(aws)
    kms = boto3.client(
        "kms", endpoint_url=moto_server.url, region_name=REGION,
        aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET,
    )  # fmt: skip
    key = kms.create_key()["KeyMetadata"]["Arn"]
    aws.dynamodb.delete_table(TableName="orders-table")
    aws.dynamodb.create_table(
        TableName="orders-table",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
    )
    fifoq.good("up", "--yes")
    found = key_statements(aws, "ingest")["TableKey"]
    assert found["Action"] == ["kms:Decrypt"] and key_statements(aws, "drain") == {}


def test_what_fifoq_makes_is_encrypted_with_the_configured_key(fifoq, aws, table):
    fifoq.config({"kms": KEY, "drain": {"on_reject": "dead-letter"}})
    fifoq.good("up", "--yes")
    queues = reality.queues(aws)
    assert {each["attributes"].get("KmsMasterKeyId") for each in queues.values()} == {KEY}
    (parameter,) = aws.ssm.describe_parameters()["Parameters"]
    assert parameter["KeyId"] == KEY
    both = ["Decrypt", "GenerateDataKey"]
    ingest, drain = key_statements(aws, "ingest"), key_statements(aws, "drain")
    assert ingest == {
        "QueueKey": statement("QueueKey", "sqs", both),
        "OwnQueueKey": statement("OwnQueueKey", "sqs", both),
    }
    assert drain == {
        "QueueKey": statement("QueueKey", "sqs", ["Decrypt"]),
        "OwnQueueKey": statement("OwnQueueKey", "sqs", both),
        "ParameterKey": statement("ParameterKey", "ssm", ["Decrypt"]),
    }
    fifoq.good("drift")
    url = aws.sqs.get_queue_url(QueueName="orders.fifo")["QueueUrl"]
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": OTHER})
    result = fifoq.run("drift")
    assert result.code == 2 and "KmsMasterKeyId" in result.out
    fifoq.good("up", "--yes")
    printed = fifoq.good("policy", "up", "--account", ACCOUNT).out
    assert '"kms:Encrypt"' in printed and KEY in printed
    fifoq.config({"drain": {"on_reject": "dead-letter"}})  # back to AWS's own key
    fifoq.good("up", "--yes")
    fifoq.good("drift")
    (parameter,) = aws.ssm.describe_parameters()["Parameters"]
    assert parameter["KeyId"] == "alias/aws/ssm"


@pytest.mark.parametrize(
    "region, operator, services",
    [
        (REGION, "StringEquals", [f"sqs.{REGION}.amazonaws.com", f"ssm.{REGION}.amazonaws.com"]),
        (None, "StringLike", ["sqs.*.amazonaws.com", "ssm.*.amazonaws.com"]),
        (
            "cn-north-1",
            "StringEquals",
            [
                f"{service}.cn-north-1.amazonaws.com{end}"
                for service in ("sqs", "ssm")
                for end in ("", ".cn")
            ],
        ),
    ],
)
@pytest.mark.parametrize("key, resource", [("alias/orders", "key/*"), ("1234-abcd", "key/1234-abcd")])
def test_the_printed_policy_names_the_configured_key(
    fifoq, region, operator, services, key, resource
):
    fifoq.config({"kms": key, "region": region})
    nothing = {"AWS_REGION": None, "AWS_DEFAULT_REGION": None}
    document = json.loads(fifoq.good("policy", "up", "--account", ACCOUNT, env=nothing).out)
    (found,) = [each for each in document["Statement"] if each["Sid"] == "Key"]
    assert found["Action"] == ["kms:Encrypt", "kms:GenerateDataKey"]
    partition = "aws-cn" if region == "cn-north-1" else "aws"
    assert found["Resource"] == [f"arn:{partition}:kms:{region or '*'}:{ACCOUNT}:{resource}"]
    assert found["Condition"][operator] == {"kms:ViaService": services}
    aliases = {"kms:ResourceAliases": ["alias/orders"]}
    assert found["Condition"].get("ForAnyValue:StringEquals") == (
        aliases if key.startswith("alias/") else None
    )
    assert "kms:" not in fifoq.good("policy", "drift", "--account", ACCOUNT, env=nothing).out
