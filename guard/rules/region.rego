# A file of its own, since opa check takes no function without an argument.
package shared_queue.guard

import rego.v1

# The stack's Region, null if it can be any.
stack_region := input_region()
