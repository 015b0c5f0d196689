#include "scrape.h"

#include "kontena/codec/json.h"
#include "kontena/model/scrape.h"

namespace kontena::server {
namespace {

using codec::Element;
using model::ClusterView;

struct Target {
  const model::Instance& instance;
  const model::Scrape& scrape;
  std::string node;
};

void add(Element list, const Target& target, const std::string& address, const std::string& network) {
  const model::Instance& i = target.instance;
  const Element at = codec::append(list);
  const std::string host = address.find(':') == std::string::npos ? address : '[' + address + ']';
  codec::put(codec::append(codec::member(at, "targets")), host + ':' + std::to_string(target.scrape.port));
  const Element labels = codec::member(at, "labels");
  codec::put(codec::member(labels, "__metrics_path__"), target.scrape.path);
  const auto meta = [&](const char* name, const std::string& value) { codec::put(codec::member(labels, std::string("__meta_kontena_") + name), value); };
  meta("grid", i.grid);
  meta("project", i.project);
  meta("stack", i.stack);
  meta("service", i.service);
  meta("slot", std::to_string(i.slot));
  meta("instance", *i.id);
  meta("node", target.node);
  meta("network", network);
}

void add_instance(Element list, const ClusterView& view, const std::string& key, const model::Instance& i) {
  const auto* status = view.statuses.get(key);
  if (i.node.empty() || !status || status->state != model::InstanceState::running) return;
  const auto* service = view.services.get(i.service_path().text());
  const auto* revision = view.revisions.get(model::revision_key(i.service_path(), i.instance_revision));
  if (!revision) return;
  // What a container listens on is of what it was made from; a service's own labels are of now, as they change without it.
  const std::string* label = model::scrape_of(service ? service->spec.own_labels : revision->spec.own_labels, revision->spec.labels);
  if (!label) return;
  const auto scrape = model::parse_scrape(*label);
  if (!scrape) return;  // of a deploy that was before there was such a label
  const std::string node_key = i.grid + '/' + *i.node;
  const auto* node = view.nodes.get(node_key);
  const Target target{i, *scrape, node ? node->name : ""};
  if (revision->spec.network_mode == "host") {
    const auto* facts = view.facts.get(node_key);
    if (facts && !facts->address.empty()) add(list, target, facts->address, "host");
    return;
  }
  for (const auto& [network, address] : i.addresses) add(list, target, address, network);
}

}  // namespace

std::string scrape_targets(const ClusterView& view) {
  codec::Document document;
  const Element list = document.root();
  codec::make_array(list);
  view.instances.each("", [&](const auto& item) { add_instance(list, view, item.key, item.value); });
  return document.dump();
}

}  // namespace kontena::server
