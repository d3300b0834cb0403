/* aws_login.c: the services that give credentials to people who have logged in. Only the
 * provisioner has them. */
#include "aws_wire.h"

const struct aws_service aws_sso = {
    .name = "sso",
    .signing = "awsssoportal",
    .codec = &aws_rest_codec,
    .shapes = aws_shapes_sso,
    .id = AWS_ID_SSO,
};

const struct aws_service aws_sso_oidc = {
    .name = "sso-oidc",
    .signing = "sso-oauth",
    .codec = &aws_rest_codec,
    .shapes = aws_shapes_sso_oidc,
    .id = AWS_ID_SSO_OIDC,
};

const struct aws_service aws_signin = {
    .name = "signin",
    .signing = "signin",
    .codec = &aws_rest_codec,
    .shapes = aws_shapes_signin,
    .id = AWS_ID_SIGNIN,
};
