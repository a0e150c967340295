package prove

import (
	"fmt"
	"io"
	"strings"

	"example.com/shared-queue/proof/aws/deployed"
)

func help(w io.Writer) {
	fmt.Fprint(w, `prove tries on AWS what the stacks promise, one line for each step:

  caller, role           who the caller is; it has the publisher's role, or assumes it
  send                   the sender sends a message                  must be accepted
  send over plain HTTP   the same without TLS                        must be refused
  receive, …             what else a publisher's role must not do    must be refused
  … as insider           -insider-profile tries as a sender whose own policies allow everything
                         what queue and key have to refuse
  … as outsider …        -outsider-profile tries to send, receive, use the key and assume the role
  send as nobody         a message without a signature               must be refused
  … as consumer          -consumer-profile tries to send, receives and deletes the message
  senders …, … account   -organization-profile looks up what the settings name
  policy of …            -policies asks IAM Access Analyzer
  compute …              -shared-profile reads the policies in force, and an evaluator on this
                         computer computes from them what everybody may do (needs Node.js)

What must be refused holds only if the policy under test refused. If it was the
caller's own, the step is "not tested"; if AWS does not say, or an error of any
other kind came, "unknown". At the end are the claims that were shown and how,
by trying, by computing or by both, and those that were not, with what would
test them. The boundary holds only if all were tried that can be, and nothing
wider was computed; without -shared-profile the last line says what was tried,
and that the rest was not looked at.

It sends at most one message for each step that sends, of one line:
  Hello from publisher account! <marker>
and what must be refused says so behind the marker. It calls KMS with DryRun, so
that no data key is made. It changes no resource: only if the key lets another
service use it, a parameter /prove/<marker> is made in the insider's account and
deleted. Over plain HTTP, the message and its signature can be read on the way;
the secret key is never sent.
Whoever receives what it must not gives it back at once. A consumer receives
messages of others along with its own: they are given back when the search ends,
and each has been received once more. With a maxReceiveCount of 1 nobody receives
messages of others.

Usage:
  go run ./cmd/prove -environment name [-publisher name] [flags]
  go run ./cmd/prove -app folder [-queue path] [-publisher name] [flags]

`)
	f := flags(&options{})
	f.SetOutput(w)
	f.PrintDefaults()
	fmt.Fprintf(w, `
What each must be allowed by its own policies:
  -profile               sts:AssumeRole on the publisher's role, or it has the role already
  -insider-profile       everything; sqs, kms, sts:AssumeRole, ssm:PutParameter and DeleteParameter are used
  -outsider-profile      everything; sqs, kms, sts:AssumeRole and organizations:DescribeOrganization are used
  -consumer-profile      what the role of a consumer has, or sqs:ReceiveMessage, DeleteMessage and
                         ChangeMessageVisibility on the queue and kms:Decrypt on the key
  -organization-profile  organizations:DescribeOrganization, DescribeOrganizationalUnit and DescribeAccount;
                         with -shared-profile, to look at its policies,
                         %s
  -policies              access-analyzer:ValidatePolicy and CheckNoPublicAccess, for -profile
  -shared-profile        %s
A profile with mfa_serial asks for its code on the terminal.

Example:
  go run ./cmd/prove -environment dev -publisher web -profile dev-web \
    -insider-profile dev-admin -outsider-profile prod-admin \
    -outsider-profile partner -outsider-queue https://sqs.us-east-1.amazonaws.com/888888888888/any \
    -outsider-profile private -outsider-queue https://sqs.us-east-1.amazonaws.com/999999999999/any \
    -consumer-profile dev-shared -shared-profile dev-shared -organization-profile management -policies

Exit status:
  0  the boundary holds: every claim was shown
  1  a step failed: the boundary does not hold, or is not as it must be
  2  a flag or a setting is wrong
  3  no step failed, but not every claim was shown
`, list(deployed.OrganizationActions()), list(deployed.AccountActions()))
}

// list is a list of actions under the column of what is allowed.
func list(actions []string) string {
	const indent, width = 25, 80
	text, line := "", 0
	for i, action := range actions {
		switch {
		case i == 0:
		case line > width:
			text, line = text+",\n"+strings.Repeat(" ", indent), 0
		default:
			text += ", "
		}
		text, line = text+action, line+len(action)
	}
	return text
}
