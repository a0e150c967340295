// Package guard makes cdk synth, and so cdk diff and cdk deploy, fail on a queue
// or key policy that lets everyone in and is bound to no organization, account
// or network, whoever wrote it: the construct of package shared, one of CDK, a
// template that was included, or an escape hatch.
//
// It does not judge whom a policy names: one account or role, or which
// organization or OU. That is for the reviewer, and for a test of access.
//
// The rules run with the offline validator that comes with CDK. They read every
// resource policy of SQS queues and KMS keys in the app's templates, those of
// nested stacks included:
//
//   - Guard-Organization: an Allow for everyone is bound to an organization by
//     literal ids, or to one account or network.
//   - Guard-Operator: an Allow for everyone does not hold by the absence of a
//     condition key, as with ForAllValues.
//   - Guard-Condition: condition operators and keys are those that AWS has.
//   - Guard-Action: everyone may do nothing by a wildcard, and no administration.
//   - Guard-Resource: everyone's Allow on a queue names the queue.
//   - Guard-ViaService: everyone uses a key only through a service.
//   - Guard-Source: a service works with a queue, or uses a key or administers
//     one, only for a source that a condition names.
//   - Guard-Decrypt: no role decrypts directly with the key of a queue that an
//     organization sends to.
//   - Guard-PlainHTTP: a queue that can be sent to, not only by services of AWS,
//     denies plain HTTP.
//   - Guard-Unreadable: a policy can be seen before it is deployed.
//   - Guard-Unfinished: the validator read all templates; this one always holds.
//
// A value that depends on a parameter is not known, as it differs from deployment
// to deployment. Where a mapping is read by a computed key, each entry is judged.
//
// A finding's id joins the rule, the stack's path, the resource's logical id and
// the statement's Sid with dots, and has hyphens for other characters than letters
// and digits. If the statement has no Sid of its own, a digest of what it says takes
// the place. To let one statement pass on purpose, acknowledge the id that the
// report prints; CDK keeps the reason in validation-report.json:
//
//	awscdk.Validations_Of(queue).Acknowledge(&awscdk.Acknowledgment{
//		Id:     jsii.String("CloudFormation-Validate::Guard-PlainHTTP.Dev.QueuePolicy25439813.LegacySend"),
//		Reason: jsii.String("the sender is a device that has no TLS; ticket 1234"),
//	})
//
// A finding in a stack of a Stage fails cdk synth, diff and deploy of any stack:
// by itself the CLI ignores findings in a Stage that it was not asked for.
//
// In the template of a stack set the rules only see whether it has a policy of a
// queue or key, which is a finding of Guard-Unreadable, as is a TemplateUrl that is
// no file of the app. Nothing is validated in an app that is synthesized with the
// environment variable CDK_VALIDATION=false.
package guard

import (
	"errors"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// errorsFlag is the context key of CDK's feature flag without which it reports the
// errors of its validator as warnings.
// https://docs.aws.amazon.com/cdk/v2/guide/featureflags.html
const errorsFlag = "@aws-cdk/core:validateAgainstDefaultRules"

// modeKey is the context key that says how an app without the CLI learns that its
// templates are not valid: in the mode "process" by the exit status of Node.js, which
// a Go program does not get; in the mode "inmemory" by an error.
const modeKey = "@aws-cdk/core:appMode"

// enabled is the type of the metadata that marks an app as guarded. CDK writes the
// metadata of the App itself to no file.
const enabled = "example.com/shared-queue/guard"

// Enable guards the whole app that the scope is in. A second call with no rules
// does nothing.
//
// An app has one validator of CDK, and one feature flag that makes its findings
// errors. Enable sets the flag if the app does not; it must then be called before
// anything is added to the app, and findings of CDK's own rules stay warnings. In an
// app that sets the flag itself they are errors.
//
// Rules of your own go with the guard's, as Rego sources: a second
// CloudFormationValidatePlugin beside it fails the synthesis.
//
// The error says that the scope is nil or in no App, that the App has children
// and does not set the flag, that rules come with a second call, or that CDK
// does not take them.
func Enable(scope constructs.IConstruct, rules ...*awscdk.ValidationRuleSource) error {
	if scope == nil {
		return errors.New("guard: there is no scope; pass the App")
	}
	root := scope.Node().Root()
	if !*awscdk.App_IsApp(root) {
		return errors.New("guard: the scope is in no App, and CDK validates only Apps; pass the App")
	}
	if os.Getenv("CDK_VALIDATION") == "false" {
		return nil
	}
	if marked(root) {
		if len(rules) > 0 {
			return errors.New("guard: the App has a guard already; pass the rules to the first Enable")
		}
		return nil
	}
	stayWarnings, err := failOnFindings(root.Node())
	if err != nil {
		return err
	}
	v, err := newValidator(stayWarnings, rules)
	if err != nil {
		return err
	}
	awscdk.Validations_Of(root).AddPlugins(v)
	root.Node().AddMetadata(jsii.String(enabled), true, nil)
	return nil
}

func marked(root constructs.IConstruct) bool {
	for _, entry := range *root.Node().Metadata() {
		if *entry.Type == enabled {
			return true
		}
	}
	return false
}

// failOnFindings makes findings fail the synthesis. It returns true if CDK's own
// stay warnings, as the app itself does not ask for errors. A node takes no context
// once it has children.
func failOnFindings(app constructs.Node) (cdkFindingsStayWarnings bool, err error) {
	bare := len(*app.Children()) == 0
	if bare {
		app.SetContext(jsii.String(modeKey), "inmemory")
	}
	switch app.TryGetContext(jsii.String(errorsFlag)) {
	case nil, false, "false":
	default:
		return false, nil
	}
	if !bare {
		return false, errors.New("guard: findings would be warnings; call Enable before anything is added to the App," +
			" or set " + errorsFlag + ` to true under "context" in cdk.json`)
	}
	app.SetContext(jsii.String(errorsFlag), true)
	return true, nil
}
