package prove

import (
	"fmt"
	"io"
)

func help(w io.Writer) {
	fmt.Fprint(w, `prove tries on AWS what the stacks promise, one line for each step:

  caller                 who the caller is (sts:GetCallerIdentity)
  role                   the caller has the publisher's role, or assumes it
  send                   the publisher sends a message         must be accepted
  receive                it receives from the queue            must be refused
  generate data key      it uses the key without the queue     must be refused
  decrypt                the same, to decrypt                  must be refused
  send over plain HTTP   it sends without TLS                  must be refused
  send to …              it sends to another environment       must be refused
  … as insider           -insider-profile tries the same and more, with nothing of its own in the way
  send as outsider …     -outsider-profile sends               must be refused
  receive as consumer    -consumer-profile receives and deletes the message
  senders …, … account   -organization-profile looks up what the settings name
  policy of …            -policies asks IAM Access Analyzer

A step that must be refused holds only if the policy that it is there to test
refused. If it was the caller's own, the step is "not tested"; if AWS does not
say, or an error of any other kind came, "unknown". A publisher's own policy
refuses most of it: name an insider, so that queue and key have to. At the end
are the claims that were shown and those that were not, with what would test
them. The boundary holds only if all were shown.

It sends at most one message for each step that sends, of one line:
  Hello from publisher account! <marker>
and what must be refused says so behind the marker. It calls KMS with DryRun, so
that no data key is made. It changes no resource: only if the key lets another
service use it, a parameter /prove/<marker> is made in the insider's account and
deleted. Over plain HTTP, the message and its signature can be read on the way;
the secret key is never sent.
A consumer receives messages of others along with its own. They are put back
when the search ends, and each has been received once more; the search ends as
soon as the message is there. On a busy queue, leave it to your consumer.

Usage:
  go run ./cmd/prove -environment name -publisher name [flags]

`)
	f := flags(&options{})
	f.SetOutput(w)
	f.PrintDefaults()
	fmt.Fprint(w, `
What each must be allowed by its own policies:
  -profile               sts:AssumeRole on the publisher's role, or it has the role already
  -insider-profile       everything; of it sqs:SendMessage, ReceiveMessage, DeleteMessage, kms:GenerateDataKey,
                         Decrypt, Encrypt, ssm:PutParameter and DeleteParameter are used, on every resource
  -outsider-profile      sqs:SendMessage, kms:GenerateDataKey and kms:Decrypt on every resource,
                         and organizations:DescribeOrganization
  -consumer-profile      what the role of a consumer has, or sqs:ReceiveMessage, DeleteMessage and
                         ChangeMessageVisibility on the queue and kms:Decrypt on the key
  -organization-profile  organizations:DescribeOrganization, DescribeOrganizationalUnit and DescribeAccount
  -policies              access-analyzer:ValidatePolicy and CheckNoPublicAccess, for -profile
A profile with mfa_serial asks for its code on the terminal.

Example:
  go run ./cmd/prove -environment dev -publisher web -profile dev-web \
    -insider-profile dev-admin -outsider-profile prod-admin \
    -outsider-profile private -outsider-queue https://sqs.us-east-1.amazonaws.com/999999999999/any \
    -consumer-profile dev-shared -organization-profile management -policies

Exit codes:
  0  the boundary holds: every claim was shown
  1  a step failed: the boundary does not hold, or is not as it must be
  2  a flag is wrong
  3  no step failed, but not every claim was shown
`)
}
