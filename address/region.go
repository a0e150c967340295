package address

import (
	"strings"

	"example.com/shared-queue/internal/problem"
)

// A Region is an AWS Region's code, like us-east-1.
type Region string

// Check returns an error if the code does not have the form of a Region code.
// It does not know whether the Region exists.
func (r Region) Check() error {
	if RegionCode.Takes(string(r)) {
		return nil
	}
	zone := strings.ToLower(strings.TrimSpace(string(r)))
	return problem.New(r, "a Region's code, like us-east-1",
		RegionCode.Suggest("take it from the list of AWS Regions", strings.TrimRight(zone, "abcdef")))
}

// partitions lists all partitions but the commercial one, aws, by the prefix of
// their Region codes.
// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
var partitions = []struct{ prefix, partition, dnsSuffix string }{
	{"cn-", "aws-cn", "amazonaws.com.cn"},
	{"us-gov-", "aws-us-gov", "amazonaws.com"},
	{"us-isob-", "aws-iso-b", "sc2s.sgov.gov"},
	{"us-isof-", "aws-iso-f", "csp.hci.ic.gov"},
	{"us-iso-", "aws-iso", "c2s.ic.gov"},
	{"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"},
	{"eusc-", "aws-eusc", "amazonaws.eu"},
}

// Partition is the Region's partition, the second element of every ARN in it:
// aws, aws-cn, aws-us-gov, …
func (r Region) Partition() string {
	partition, _ := r.facts()
	return partition
}

// DNSSuffix is what the hosts of AWS services end in, in the Region: amazonaws.com in
// most partitions.
func (r Region) DNSSuffix() string {
	_, suffix := r.facts()
	return suffix
}

func (r Region) facts() (partition, dnsSuffix string) {
	for _, p := range partitions {
		if strings.HasPrefix(string(r), p.prefix) {
			return p.partition, p.dnsSuffix
		}
	}
	return "aws", "amazonaws.com"
}

// ARN is the ARN of an account's resource in the Region.
func (r Region) ARN(service, account, resource string) string {
	return arn(r.Partition(), service, string(r), account, resource)
}

// IAMARN is the ARN of an account's IAM resource in the Region's partition. IAM
// is global: its ARNs have no Region.
func (r Region) IAMARN(account, resource string) string {
	return arn(r.Partition(), "iam", "", account, resource)
}

// AccountARN is how a policy names a whole account: all of its principals that
// its own IAM policies allow.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts
func (r Region) AccountARN(account string) string { return r.IAMARN(account, "root") }

func arn(elements ...string) string { return "arn:" + strings.Join(elements, ":") }
