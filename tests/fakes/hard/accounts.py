"""Account-level settings that apply to everything in it."""

from fakes.hard.base import Layer, as_json, succeeded, with_json


class LogRetention(Layer):
    """An account-level policy gives every log group this retention, whatever the group's own is.

    retentionPolicyName: "This field is returned only when an account-level retention policy applies"
    (botocore's model of DescribeLogGroups; PutAccountPolicy).
    """

    def __init__(self, days=90, name="everything-90-days"):
        super().__init__()
        self.days, self.name = days, name

    def __call__(self, exchange, go_on):
        answer = go_on()
        if exchange.name != "logs:DescribeLogGroups" or not succeeded(answer):
            return answer
        value = as_json(answer)
        for group in value.get("logGroups", []):
            group.update(retentionInDays=self.days, retentionPolicyName=self.name)
            self.use()
        return with_json(answer, value)
