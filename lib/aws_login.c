/* aws_login.c: the services that give credentials to people who have logged in. Only the
 * provisioner has them. */
#include "aws_wire.h"

const struct aws_service aws_sso = {
    .id = AWS_ID_SSO,
    .name = "sso",
    .signing = "awsssoportal",
    .codec = &aws_rest_codec,
};

const struct aws_service aws_sso_oidc = {
    .id = AWS_ID_SSO_OIDC,
    .name = "sso-oidc",
    .signing = "sso-oauth",
    .codec = &aws_rest_codec,
};

const struct aws_service aws_signin = {
    .id = AWS_ID_SIGNIN,
    .name = "signin",
    .signing = "signin",
    .codec = &aws_rest_codec,
};
