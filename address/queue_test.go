package address_test

import (
	"testing"

	"example.com/shared-queue/address"
)

func TestQueueInEachPartition(t *testing.T) {
	for name, c := range map[string]struct {
		region                     address.Region
		arn, url, viaService, keys string
	}{
		"commercial": {"us-east-1",
			"arn:aws:sqs:us-east-1:111111111111:work",
			"https://sqs.us-east-1.amazonaws.com/111111111111/work",
			"sqs.us-east-1.amazonaws.com",
			"arn:aws:kms:us-east-1:111111111111:key/*"},
		"China": {"cn-north-1",
			"arn:aws-cn:sqs:cn-north-1:111111111111:work",
			"https://sqs.cn-north-1.amazonaws.com.cn/111111111111/work",
			"sqs.cn-north-1.amazonaws.com",
			"arn:aws-cn:kms:cn-north-1:111111111111:key/*"},
		"GovCloud": {"us-gov-west-1",
			"arn:aws-us-gov:sqs:us-gov-west-1:111111111111:work",
			"https://sqs.us-gov-west-1.amazonaws.com/111111111111/work",
			"sqs.us-gov-west-1.amazonaws.com",
			"arn:aws-us-gov:kms:us-gov-west-1:111111111111:key/*"},
		"European Sovereign Cloud": {"eusc-de-east-1",
			"arn:aws-eusc:sqs:eusc-de-east-1:111111111111:work",
			"https://sqs.eusc-de-east-1.amazonaws.eu/111111111111/work",
			"sqs.eusc-de-east-1.amazonaws.com",
			"arn:aws-eusc:kms:eusc-de-east-1:111111111111:key/*"},
	} {
		t.Run(name, func(t *testing.T) {
			q := address.Queue{Region: c.region, Account: "111111111111", Name: "work", Alias: "app"}
			for what, pair := range map[string][2]string{
				"ARN":         {q.ARN(), c.arn},
				"URL":         {q.URL(), c.url},
				"ViaService":  {q.ViaService(), c.viaService},
				"key ARNs":    {q.KeyARN("*"), c.keys},
				"key alias":   {q.KeyAlias(), "alias/app"},
				"dead letter": {q.DeadLetter().ARN(), c.arn + "-dlq"},
			} {
				if pair[0] != pair[1] {
					t.Errorf("%s: got %s, want %s", what, pair[0], pair[1])
				}
			}
			if err := q.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDeadLetterQueueOfFIFOQueueIsFIFO(t *testing.T) {
	q := address.Queue{Name: "work.fifo"}
	if got := q.DeadLetter().Name; got != "work-dlq.fifo" {
		t.Errorf("got %s", got)
	}
}

func TestRegionsOfEveryPartitionHaveTheFormOfOne(t *testing.T) {
	for _, r := range []address.Region{"us-east-1", "ap-southeast-5", "me-central-1", "il-central-1", "mx-central-1",
		"cn-northwest-1", "us-gov-east-1", "us-iso-east-1", "us-iso-west-1", "ap-northeast-3", "ap-southeast-7", "ca-west-1", "us-isob-east-1", "us-isof-south-1", "eu-isoe-west-1", "eusc-de-east-1"} {
		if err := r.Check(); err != nil {
			t.Error(err)
		}
	}
}
