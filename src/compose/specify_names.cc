// Stage two of the names that services get besides their own. Whether one can be had is the
// model's to say; here it gets its place in the file.
#include "kontena/model/validate.h"
#include "specify.h"
#include "tables.h"

namespace kontena::compose {
namespace {

struct Link {
  std::string service;
  std::string alias;
};

Link link_of(const std::string& text) {
  const std::size_t colon = text.find(':');
  return {text.substr(0, colon), colon == std::string::npos ? text : text.substr(colon + 1)};
}

}  // namespace

void specify_links(Specifier& to, const Node& value, const std::string& path, model::ServiceSpec& service) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Link link = link_of(value.items[i].text);
    const auto [known, is_new] = service.links.try_emplace(link.alias, link.service);
    if (!is_new && known->second != link.service)
      to.notes.problem(value.items[i].at, under(path, i),
                       "'" + link.alias + "' is a link to '" + known->second + "' already");
  }
}

void drop_unheard(Specifier& to, const Node& service, const std::string& path, model::ServiceSpec& spec) {
  if (spec.container_name.empty() || spec.network_mode.empty()) return;
  to.ignored(service.member("container_name")->at, under(path, "container_name"),
             "with network_mode " + spec.network_mode + " the container has no names in the cluster");
  spec.container_name.clear();
}

void check_names(Specifier& to) {
  for (const model::WrongName& wrong : model::wrong_names(to.spec)) {
    if (wrong.service.empty()) {
      to.notes.problem(to.root.find("x-kontena")->find("expose")->at, "x-kontena.expose", wrong.what);
      continue;
    }
    const std::string at = under(under("services", wrong.service), wrong.field);
    const Node& value = *to.root.find("services")->find(wrong.service)->find(wrong.field);
    if (wrong.field != "links") {
      to.notes.problem(value.at, at, wrong.what);
      continue;
    }
    for (std::size_t i = 0; i < value.items.size(); ++i)
      if (link_of(value.items[i].text).alias == wrong.name)
        to.notes.problem(value.items[i].at, under(at, i), wrong.what);
  }
}

}  // namespace kontena::compose
