"""Where fifoq differs from event-ruler (1.8.1), and why.

event-ruler is the matcher of EventBridge; Lambda documents fewer operators
(https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html, "Filter rule syntax").
A row: a part of what fifoq reports, and the reason. A row that explains no pattern fails the test.
"""

# event-ruler accepts the pattern, and fifoq refuses it with this text.
REFUSED_HERE = {
    "unknown operator 'wildcard'": "not in Lambda's table of operators",
    "unknown operator 'cidr'": "not in Lambda's table of operators",
    "unknown operator 'exactly'": "not in Lambda's table, nor in EventBridge's: a value alone says the same",
    "anything-but expects": "wildcard below anything-but is not in Lambda's table of operators",
    "duplicate '": "event-ruler keeps one of two lists for a path and drops the other without a word",
    "more than 1000 combinations": "EventBridge refuses them [eventbridge eb-create-pattern-operators, $or]; "
    "event-ruler alone has no limit",
    "not JSON": "the configuration refuses numbers that a double or 64 bits do not hold",
}

# event-ruler refuses the pattern, and fifoq accepts it: texts in the pattern.
ACCEPTED_HERE = {
    "1e23": "Java before 19 writes this double in another way (JDK-4511638), so the verdict depends on the Java",
}
