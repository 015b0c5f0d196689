#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/result.h"
#include "kontena/model/view.h"

// What stacks of a project may ask of the hosts that they run on, and how much there may be
// of them. Who may deploy at all is rights.h's.
namespace kontena::access {

// Ways of containers into their host, and from there to what is of others.
struct SwitchRow {
  std::string_view name;  // "host-network"
  std::string_view says;
};
std::span<const SwitchRow> switches();  // in order of name

struct QuotaRow {
  std::string_view name;  // "memory"
  std::string_view says;
  enum class Unit { count, bytes, nano_cpus } unit;
};
std::span<const QuotaRow> quotas();  // in order of name

// What counts for a project: of each switch what its own policy says, else its grid's, else
// what is usual: allowed in the project 'default', denied in all others. A grid that denies
// something denies it to all its projects. Registries and quotas likewise, none being no bound.
struct Allowance {
  std::string project;
  std::map<std::string, bool, std::less<>> allow;  // every switch
  std::optional<std::vector<std::string>> registries;
  std::map<std::string, std::int64_t, std::less<>> quotas;

  bool allows(std::string_view name) const {
    const auto found = allow.find(name);
    return found != allow.end() && found->second;
  }
};
Allowance allowance(const model::ClusterView&, const model::ProjectPath&);

// Names, bounds and forms of a policy that somebody sets.
Status check_policy(const model::Policy&);

// Everything in the spec that is not allowed, in sentences: "services.web.privileged: …".
std::vector<std::string> breaches(const Allowance&, const model::StackSpec&);

// By the names of quotas. What has no limit where a quota asks for one is in `unlimited`.
struct Usage {
  std::map<std::string, std::int64_t, std::less<>> amounts;
  std::map<std::string, std::string, std::less<>> unlimited;  // quota → the first service
  Usage& operator+=(const Usage&);
};
Usage usage_of(const model::StackSpec&, std::int64_t nodes);
Usage usage_of(const model::ClusterView&, const model::ProjectPath&, std::string_view but_for_stack = "");

// What of it is beyond the quotas, and by how much.
std::vector<std::string> excesses(const Allowance&, const Usage&);

// "nginx" → "docker.io/library/nginx": with the registry that Docker means.
std::string full_image(std::string_view image);

}  // namespace kontena::access
