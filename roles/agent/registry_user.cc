#include "registry_user.h"

#include "kontena/api/secrets.h"

namespace kontena::agent {
namespace {

constexpr Duration longest_wait{10'000};

}  // namespace

Result<std::optional<engine::RegistryUser>> registry_user(Uplink& uplink, const std::string& instance,
                                                          const std::string& image) {
  KTN_TRY(const auto answer, uplink.server().send({.path = api::path(api::paths::agent_registry, {instance}),
                                                   .query = {{"image", image}}},
                                                  longest_wait));
  if (answer.status >= 300) return api::error_of(answer);
  KTN_TRY(auto told, codec::from_json<api::RegistryCredentials>(answer.body));
  if (told.registry.empty()) return std::optional<engine::RegistryUser>();
  return std::optional(engine::RegistryUser{told.registry, told.user, Redacted(std::move(told.password))});
}

}  // namespace kontena::agent
