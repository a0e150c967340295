package recipes_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdadestinations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/publisher"
	"example.com/shared-queue/shared/eventsource"
)

func function(scope constructs.Construct, id string, change func(*awslambda.FunctionProps)) awslambda.Function {
	props := &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(),
		Handler: jsii.String("index.handler"),
		Code:    awslambda.Code_FromInline(jsii.String("exports.handler = async () => {}")),
	}
	if change != nil {
		change(props)
	}
	return awslambda.NewFunction(scope, &id, props)
}

// A function works on the messages, and another on the dead letters.
func worker(app awscdk.App) {
	stack := owner(app)
	queue := newOrders(stack)

	worker, reporter := function(stack, "Worker", nil), function(stack, "Reporter", nil)
	_, err := eventsource.Add(queue, worker, &awslambdaeventsources.SqsEventSourceProps{ReportBatchItemFailures: jsii.Bool(true)})
	check(err)
	_, err = eventsource.AddDeadLetter(queue, reporter, nil)
	check(err)
}

// The same with CDK's own event source, which grants on the queue alone.
func workerOfCDK(app awscdk.App) {
	stack := owner(app)
	orders := newOrders(stack)

	worker := function(stack, "Worker", nil)
	must(orders.GrantConsume(worker))
	worker.AddEventSource(awslambdaeventsources.NewSqsEventSource(orders.Queue, nil))
}

// A function's dead letters are messages of the queue.
func deadLetters(app awscdk.App) {
	stack := owner(app)
	orders := newOrders(stack)

	failing := function(stack, "Failing", func(p *awslambda.FunctionProps) { p.DeadLetterQueue = orders.Queue })
	must(publisher.GrantSend(failing, orders.Address))
}

// The results of a function are, too. CDK's destination lets it look the queue up,
// as all senders may then.
func results(app awscdk.App) {
	stack := owner(app)
	orders := newQueue(stack, "orders", lookUp...)

	function := function(stack, "Function", func(p *awslambda.FunctionProps) {
		p.OnSuccess = awslambdadestinations.NewSqsDestination(orders.Queue)
	})
	must(publisher.GrantSend(function, orders.Address, lookUp...))
}

// A function of another account sends by its own role.
func functionElsewhere(app awscdk.App) {
	newOrders(owner(app))

	shop := function(sender(app), "Shop", func(p *awslambda.FunctionProps) {
		p.Environment = &map[string]*string{"QUEUE_URL": jsii.String(orders.URL())}
	})
	must(publisher.GrantSend(shop, orders))
}

func Example_worker()            { run(worker) }
func Example_workerOfCDK()       { run(workerOfCDK) }
func Example_deadLetters()       { run(deadLetters) }
func Example_results()           { run(results) }
func Example_functionElsewhere() { run(functionElsewhere) }
