package shared_test

import (
	"fmt"
	"log"

	"example.com/shared-queue/address"
	"example.com/shared-queue/shared"
)

// One key for two queues, whose senders are of two OUs. It costs as much as for one.
func ExampleNewKey() {
	stack := exampleStack() // with an explicit account and Region
	dev, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev")
	if err != nil {
		log.Fatal(err)
	}
	prod, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-nopq1prd")
	if err != nil {
		log.Fatal(err)
	}

	key, err := shared.NewKey(stack, "Key", nil)
	if err != nil {
		log.Fatal(err)
	}
	orders, err := shared.NewQueue(stack, "Orders", &shared.QueueProps{
		QueueName: "orders",
		KeyAlias:  "orders",
		Senders:   []address.Path{dev},
		Key:       key,
	})
	if err != nil {
		log.Fatal(err)
	}
	invoices, err := shared.NewQueue(stack, "Invoices", &shared.QueueProps{
		QueueName: "invoices",
		KeyAlias:  "invoices",
		Senders:   []address.Path{prod},
		Key:       key,
	})
	if err != nil {
		log.Fatal(err)
	}

	fmt.Println(orders.Address.KeyAlias(), invoices.Address.KeyAlias())
	// Output: alias/orders alias/invoices
}
