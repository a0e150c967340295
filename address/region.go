package address

import "strings"

// partitions lists, by the prefix of their Regions' codes, the partitions that
// are not the commercial one. A longer prefix stands before a shorter one that
// it begins with.
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

// Partition is the first element after arn: in every ARN of the Region.
func (r Region) Partition() string {
	partition, _ := r.facts()
	return partition
}

func (r Region) dnsSuffix() string {
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
