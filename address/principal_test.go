package address_test

import (
	"strings"
	"testing"

	"example.com/shared-queue/address"
)

func TestWhoMayBeTrusted(t *testing.T) {
	for name, c := range map[string]struct{ text, service, arn string }{
		"a service":             {"lambda.amazonaws.com", "lambda.amazonaws.com", ""},
		"a service of a Region": {"states.us-east-1.amazonaws.com", "states.us-east-1.amazonaws.com", ""},
		"an account":            {"222222222222", "", "arn:aws:iam::222222222222:root"},
		"a role":                {"arn:aws:iam::222222222222:role/web", "", "arn:aws:iam::222222222222:role/web"},
		"a role with a path":    {"arn:aws:iam::222222222222:role/teams/web/sender", "", "arn:aws:iam::222222222222:role/teams/web/sender"},
		"a user":                {"arn:aws:iam::222222222222:user/ann@example.com", "", "arn:aws:iam::222222222222:user/ann@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := address.ParsePrincipal(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := p.Service(); ok != (c.service != "") || ok && got != c.service {
				t.Errorf("service %q, %v", got, ok)
			}
			if got, ok := p.ARN("us-east-1"); ok != (c.arn != "") || got != c.arn {
				t.Errorf("ARN %q, %v", got, ok)
			}
		})
	}
}

// The word account is the account of the role that trusts it.
func TestOwnAccount(t *testing.T) {
	own, err := address.ParsePrincipal("account")
	if err != nil {
		t.Fatal(err)
	}
	if arn, ok := own.ARN("us-east-1"); ok {
		t.Errorf("it has the ARN %s before the account is known", arn)
	}
	if arn, _ := own.Resolve("222222222222").ARN("us-east-1"); arn != "arn:aws:iam::222222222222:root" {
		t.Errorf("ARN %s", arn)
	}
	if other, err := address.ParsePrincipal("333333333333"); err != nil || other.Resolve("222222222222") != other {
		t.Errorf("another account changes: %v, %v", other.Resolve("222222222222"), err)
	}
}

func TestWhoMayNot(t *testing.T) {
	for name, text := range map[string]string{
		"nobody":                    "",
		"everyone":                  "*",
		"any role of an account":    "arn:aws:iam::222222222222:role/*",
		"a path of roles":           "arn:aws:iam::222222222222:role/teams/*/sender",
		"a session":                 "arn:aws:sts::222222222222:assumed-role/web/session",
		"a group":                   "arn:aws:iam::222222222222:group/admins",
		"a host that is no service": "lambda.example.com",
		"a service in China":        "ec2.amazonaws.com.cn",
		"any service":               "*.amazonaws.com",
		"a short account":           "22222222222",
		"an organization":           "o-abc1234567",
	} {
		t.Run(name, func(t *testing.T) {
			if p, err := address.ParsePrincipal(text); err == nil || !p.IsZero() {
				t.Errorf("Parse(%q) = %v, %v", text, p, err)
			}
		})
	}
}

// Identity providers are refused with the way on.
func TestIdentityProviders(t *testing.T) {
	for _, text := range []string{
		"arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com",
		"arn:aws:iam::222222222222:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
		"arn:aws:iam::222222222222:saml-provider/company",
		"token.actions.githubusercontent.com",
		"https://token.actions.githubusercontent.com",
		"oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
		"oidc.eks.us-east-1.amazonaws.com",
		"cognito-identity.amazonaws.com",
		"accounts.google.com",
		"gitlab.com",
	} {
		t.Run(text, func(t *testing.T) {
			_, err := address.ParsePrincipal(text)
			if err == nil || !strings.Contains(err.Error(), "make a role for it with the conditions that it needs, and name that role here or give it publisher.GrantSend") {
				t.Errorf("got %v", err)
			}
		})
	}
}
