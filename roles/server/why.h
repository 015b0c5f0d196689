#pragma once

#include <string>
#include <vector>

#include "kontena/api/why.h"
#include "kontena/model/view.h"

// Why a thing is as it is, in plain words: from the records and what was told of it as
// events, and from nothing else.
namespace kontena::server {

struct Seen {
  const model::ClusterView& view;
  const model::Liveness& liveness;
  std::vector<model::Event> events;  // of the thing, oldest first
  std::int64_t now_ms = 0;
};

api::Why why_instance(const Seen&, const model::Instance&);
api::Why why_service(const Seen&, const model::Service&);
api::Why why_stack(const Seen&, const model::Stack&);
api::Why why_node(const Seen&, const model::Node&, std::int64_t last_heard_ms);

// A line of the table `looks` with its name filled in.
api::NextCommand look(api::Look, const std::string& name = "");

// "2 not ready for new work; 1 without enough free memory: need …" → what would help, a
// line for each complaint.
struct Help {
  std::vector<std::string> lines;
  std::vector<api::Look> next;
};
Help help_with(const std::string& why_not);

// Likewise of what an agent says about a run or its start: "exited with status 137: out of memory …".
Help help_with_failure(const std::string& message, std::int64_t exit_code, bool out_of_memory);

// "shop/web-1", with the project where it is not `default`.
std::string name_of(const model::Instance&);

}  // namespace kontena::server
