#include "../build.h"

#include "../commands.h"
#include "../project.h"
#include "kontena/base/text.h"

namespace kontena::client {
namespace {

struct BuiltImage {
  std::string service;
  std::string image;
  std::string id;
  std::string platform;
};

}  // namespace
}  // namespace kontena::client

template <>
struct kontena::codec::Fields<kontena::client::BuiltImage> {
  static void visit(auto& v, auto& s) {
    v("service", s.service);
    v("image", s.image);
    v("id", s.id);
    v("platform", s.platform);
  }
};

namespace kontena::client {

Result<int> stack_build(Session& session) {
  KTN_TRY(compose::Specified specified, read_specified(session, session.arguments.value("--project-name")));
  const std::vector<std::string>& wanted = session.arguments.words;
  for (const std::string& name : wanted)
    if (!specified.builds.contains(name))
      return specified.spec.services.contains(name)
                 ? Error{Code::failed_precondition, "service '" + name + "' has no 'build'"}
                 : Error{Code::not_found, "there is no service '" + name + "' in the file"};
  if (!wanted.empty())
    std::erase_if(specified.builds,
                  [&](const auto& each) { return std::ranges::find(wanted, each.first) == wanted.end(); });
  if (specified.builds.empty()) session.note("no service has a 'build'");
  const auto built = build_images(session, specified, false);
  if (!built) return build_failed(session, built.error());
  std::vector<BuiltImage> list;
  for (const auto& [service, made] : *built)
    list.push_back({service, specified.builds.at(service).image, made.facts.id, made.facts.platform});
  return session.list(
      list, {"SERVICE", "IMAGE", "ID", "PLATFORM"},
      [](const BuiltImage& each) -> std::vector<Cell> {
        return {each.service, each.image, each.id.substr(0, 19), each.platform};
      },
      [](const BuiltImage& each) { return each.image; });
}

}  // namespace kontena::client
