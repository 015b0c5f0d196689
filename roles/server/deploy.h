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

// Adds a Deployment that brings the stack, as it will be, from a revision to its own,
// and where that is a new one, its history: the services are as the commit has
// them, else as they are. Old ones beyond those kept are deleted.
model::Deployment add_deployment(const Context&, const model::ClusterView&, const Call&, const model::Stack&,
                                 std::int64_t from, std::string action, store::Commit&);

// Puts the service with a new spec: its revision, and its instances' where the
// change needs new ones (or `force`). Adds nothing if there is no difference.
enum class Put { created, changed, unchanged };
Put put_service(const model::ClusterView&, const Call&, const model::ServicePath&, const model::ServiceSpec&, bool force,
                store::Commit&);

}  // namespace kontena::server
