#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kontena/api/message_fields.h"
#include "kontena/base/result.h"
#include "kontena/codec/fields.h"

// What this node is to have, as the server said last, and as it is kept on disk:
// after a reboot it is run with the server away.
namespace kontena::agent {

struct Kept {
  std::int64_t format = 1;
  std::int64_t revision = 0;
  std::map<std::string, model::Assignment> instances;  // by InstanceId
  model::Strings networks_unused;                      // engine names: still to be removed
  model::Strings volumes_unused;
};

struct Merged {
  Kept kept;
  bool differs = false;              // in more than the revision
  std::vector<std::string> changed;  // InstanceIds that are new or different
  std::vector<std::string> dropped;  // InstanceIds that are not ours any more; nothing is done to their containers
};

// Pure.
Merged merge(const Kept&, api::AssignmentsAnswer);

// A file that cannot be read is moved aside and named in the log, and then there
// is nothing kept. A failure is one of the disk.
Result<Kept> load_kept(const std::string& state_dir);
Status save_kept(const std::string& state_dir, const Kept&);

// Makes assignments outlast this process, and the machine's.
using Keep = std::function<Status(const Kept&)>;
Keep keep_in(std::string state_dir);

}  // namespace kontena::agent

namespace kontena::codec {
template <>
struct Fields<agent::Kept> {
  static void visit(auto& v, auto& s) {
    v("format", s.format);
    v("revision", s.revision);
    v("instances", s.instances);
    v("networks_unused", s.networks_unused);
    v("volumes_unused", s.volumes_unused);
  }
};
}  // namespace kontena::codec
