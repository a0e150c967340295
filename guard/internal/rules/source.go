package rules

import (
	"fmt"
	"slices"
	"strings"

	"example.com/shared-queue/guard/internal/template"
)

// Guard-Source: a service works with a queue, or uses a key or administers one,
// only for a source that a condition names. It acts for whoever has told it to:
// for anybody's topic or bucket.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
//
// A service principal is not everyone, so that no other rule asks for whom it acts.
func source(s *statement) (flaws []flaw) {
	if s.denies() || !s.works() || s.ofOneSource() || s.grantsForResources() || s.ofEventDataStores() {
		return nil
	}
	what := map[string]string{"kms": "to use the key", "sqs": "to work with the queue"}[s.of.service]
	for _, p := range s.principals {
		if p.kind != "Service" {
			continue
		}
		service, ok := template.String(p.value)
		if !ok {
			service = "that is not known before deployment"
		}
		flaws = append(flaws, flaw{fmt.Sprintf("allows the service %s %s, for resources of any account", service, what), s.sourceCure(service)})
	}
	return flaws
}

// deeds are the actions that change something or use a key. A service may read
// about a queue or key, and sign with it, without a source.
var deeds = []string{
	"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyPair", "kms:GenerateDataKeyPairWithoutPlaintext",
	"kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo",
	"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage", "sqs:SendMessage",
}

func (s *statement) works() bool {
	if s.has("NotAction") {
		return true
	}
	return slices.ContainsFunc(s.listed("Action"), func(action any) bool {
		if _, ok := template.String(action); !ok {
			return true
		}
		for deed := range administration {
			if strings.HasPrefix(deed, s.of.service) && covers(action, deed) {
				return true
			}
		}
		return slices.ContainsFunc(deeds, func(deed string) bool { return strings.HasPrefix(deed, s.of.service) && covers(action, deed) })
	})
}

// contexts are what services tell KMS of whom they encrypt for, as AWS's own
// statements have it.
var contexts = set(
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
	"kms:encryptioncontext:aws:logs:arn",
	// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
	"kms:encryptioncontext:aws:cloudtrail:arn",
	// https://docs.aws.amazon.com/ses/latest/dg/receiving-email-permissions.html
	"kms:encryptioncontext:aws:ses:source-account",
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-V2-service-specific.html
	// https://docs.aws.amazon.com/eventbridge/latest/userguide/encryption-bus-logs.html
	"kms:encryptioncontext:sourcearn",
)

func (s *statement) ofOneSource() bool {
	return s.throughOrganization() || s.when(func(c condition) bool {
		return (c.name == "aws:sourceaccount" || c.name == "aws:sourcearn" || contexts[c.name]) && s.namesAccount(c)
	})
}

// grantsForResources reports whether the statement only lets make grants that a
// service's own resources can use.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-configuring-dnssec-cmk-requirements.html
func (s *statement) grantsForResources() bool {
	other := func(action any) bool {
		name, _ := template.String(action)
		return !strings.EqualFold(name, "kms:CreateGrant")
	}
	return s.has("Action") && !slices.ContainsFunc(s.listed("Action"), other) && s.when(func(c condition) bool {
		return c.name == "kms:grantisforawsresource" && c.demands(set("bool"), func(value any) bool { return says(value, true) })
	})
}

// ofEventDataStores reports whether the statement is the default one of CloudTrail
// Lake, which has no condition.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/default-kms-key-policy.html
func (s *statement) ofEventDataStores() bool {
	names, _ := s.services()
	other := func(action any) bool {
		name, _ := template.String(action)
		return name != "kms:Decrypt" && name != "kms:GenerateDataKey"
	}
	return s.of.service == "kms" && slices.Equal(names, []string{"cloudtrail.amazonaws.com"}) && s.has("Action") &&
		!slices.ContainsFunc(s.listed("Action"), other)
}
