#pragma once

#include "kontena/api/message_fields.h"
#include "kontena/model/view.h"
#include "kontena/store/store.h"
#include "routes.h"

// What an accepted wish about a stack writes: records of the stack, its services
// and their revisions, and the Deployment that people wait for.
namespace kontena::server {

struct Deploy {
  store::Commit commit;
  api::DeployAnswer answer;
};

// A new spec for a stack that may be there already. Everything that is wrong with
// it is refused here, whatever the client has checked.
Result<Deploy> deploy(const Context&, const model::ClusterView&, const Call&, const model::StackPath&,
                      const api::DeployRequest&);

// Adds a Deployment for a stack of which something else than the spec changed:
// `service scale`, `stack stop`. Old ones beyond the newest ten are deleted.
model::Deployment add_deployment(const Context&, const model::ClusterView&, const Call&, const model::StackPath&,
                                 std::int64_t from, std::int64_t to, store::Commit&);

// Puts the service with a new spec: its revision, and its instances' where the
// change needs new ones (or `force`). Adds nothing if there is no difference.
enum class Put { created, changed, unchanged };
Put put_service(const model::ClusterView&, const Call&, const model::ServicePath&, const model::ServiceSpec&, bool force,
                store::Commit&);

}  // namespace kontena::server
