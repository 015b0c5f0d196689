#include "check.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "bootstrap.h"
#include "forwards.h"
#include "kontena/codec/event_fields.h"
#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/store/open.h"
#include "kontena/store/tables.h"
#include "kontena/store/trail.h"
#include "offline.h"
#include "restore.h"
#include "trail.h"
#include "blob_refs.h"
#include "master_key.h"
#include "vault.h"

namespace kontena::server {
namespace {

using model::ClusterView;

constexpr std::size_t page_size = 1'000;

// What records of the view refer to, and whether they stand where they belong.
class References {
 public:
  References(const ClusterView& view, std::vector<Finding>& findings) : view_(view), findings_(findings) {}

  void check() {
    view_.projects.each("", [&](const auto& i) { at(store::projects, i, i.value.grid + '/' + i.value.name), need(store::grids, view_.grids, i.value.grid); });
    view_.nodes.each("", [&](const auto& i) { at(store::nodes, i, i.value.grid + '/' + *i.value.id), need(store::grids, view_.grids, i.value.grid); });
    view_.facts.each("", [&](const auto& i) { at(store::facts, i, i.key), need(store::nodes, view_.nodes, i.key); });
    view_.stacks.each("", [&](const auto& i) {
      at(store::stacks, i, i.value.grid + '/' + i.value.project + '/' + i.value.name);
      need(store::projects, view_.projects, i.value.grid + '/' + i.value.project);
    });
    view_.services.each("", [&](const auto& i) { check_service(i); });
    view_.revisions.each("", [&](const auto& i) { at(store::revisions, i, i.key), need(store::services, view_.services, parent(i.key)); });
    view_.deployments.each("", [&](const auto& i) { at(store::deployments, i, parent(i.key) + '/' + *i.value.id), need(store::stacks, view_.stacks, parent(i.key)); });
    view_.history.each("", [&](const auto& i) { at(store::history, i, i.key), need(store::stacks, view_.stacks, parent(i.key)); });
    view_.volumes.each("", [&](const auto& i) {
      at(store::volumes, i, i.value.grid + '/' + i.value.project + '/' + i.value.name);
      if (!i.value.node.empty()) need(store::nodes, view_.nodes, i.value.grid + '/' + i.value.node);
    });
    view_.networks.each("", [&](const auto& i) { check_network(i); });
    view_.instances.each("", [&](const auto& i) { check_instance(i); });
    view_.statuses.each("", [&](const auto& i) { at(store::statuses, i, i.key), need(store::instances, view_.instances, i.key); });
  }

 private:
  static std::string parent(const std::string& key) { return key.substr(0, key.rfind('/')); }

  void check_service(const Ordered<model::Service>::Item& item) {
    const model::Service& service = item.value;
    const model::ServicePath path{service.grid, service.project, service.stack, service.spec.name};
    at(store::services, item, path.text());
    need(store::stacks, view_.stacks, path.stack_path().text());
    need(store::revisions, view_.revisions, model::revision_key(path, service.instance_revision));
  }
  void check_network(const Ordered<model::Network>::Item& item) {
    const model::Network& network = item.value;
    const std::string project = network.grid + '/' + network.project;
    at(store::networks, item, project + '/' + network.name);
    need(store::projects, view_.projects, project);
    if (!network.stack.empty()) need(store::stacks, view_.stacks, project + '/' + network.stack);
  }
  void check_instance(const Ordered<model::Instance>::Item& item) {
    const model::Instance& instance = item.value;
    at(store::instances, item, model::instance_key(instance));
    need(store::services, view_.services, instance.service_path().text());
    need(store::revisions, view_.revisions, model::revision_key(instance.service_path(), instance.instance_revision));
    for (const auto& [network, address] : instance.addresses)
      need(store::networks, view_.networks, instance.grid + '/' + instance.project + '/' + network);
    if (instance.node.empty()) return;
    need(store::nodes, view_.nodes, instance.grid + '/' + *instance.node);
    const std::string* indexed = view_.by_node.get(model::by_node_key(instance));
    if (!indexed || *indexed != item.key) findings_.push_back({key_, "another record says it is the same instance"});
  }

  // Begins with a record, which says itself where it belongs.
  template <class T>
  void at(const store::Table<T>& table, const auto& item, const std::string& own) {
    key_ = table.key(item.key);
    if (own != item.key) findings_.push_back({key_, "it says that it is '" + table.key(own) + "'"});
  }
  template <class T>
  void need(const store::Table<T>& table, const Ordered<T>& records, const std::string& tail) {
    const std::string other = table.key(tail);
    if (!records.find(tail) && !view_.unreadable.get(other))
      findings_.push_back({key_, "'" + other + "', which it refers to, is not there"});
  }

  const ClusterView& view_;
  std::vector<Finding>& findings_;
  std::string key_;
};

bool is_known(const std::string& key) {
  static constexpr std::array<std::string_view, 33> tables{
      "alert_rules", "alert_states", "audit", "bindings", "checkpoints", "deployments", "event_keeping", "events",
      "facts", "forwards", "grids", "history", "instances", "lost_nodes", "meta", "named_secrets", "networks", "nodes",
      "policies", "projects", "providers", "registries", "removed_nodes", "revisions", "roles", "secrets",
      "services", "stacks", "statuses", "tokens", "users", "volumes", "webhooks"};
  return std::ranges::binary_search(tables, std::string_view(key).substr(0, key.find('/')));
}

template <class T>
void check_reads(const store::Table<T>& table, const store::Entry& entry, Checked& checked) {
  if (const auto read = table.read(entry); !read) checked.findings.push_back({entry.key, read.error().message});
}

// What is in no view: the trail of audit is too long to be kept in memory.
Status look_at_each(store::Store& store, Checked& checked) {
  for (std::string after;;) {
    KTN_TRY(const auto entries, store.page("", after, page_size, false));
    if (entries.empty()) return Done{};
    after = entries.back().key;
    for (const store::Entry& entry : entries) {
      ++checked.records;
      if (!is_known(entry.key)) checked.findings.push_back({entry.key, "it is of no table of this version"});
      if (entry.key.starts_with("audit/"))
        if (const auto read = store::read_audit(entry); !read) checked.findings.push_back({entry.key, read.error().message});
      if (entry.key.starts_with("checkpoints/")) check_reads(store::checkpoints, entry, checked);
      if (entry.key.starts_with("event_keeping/")) check_reads(store::event_keeping, entry, checked);
      if (entry.key.starts_with("events/")) check_reads(store::events, entry, checked);
      if (entry.key.starts_with("forwards/")) check_reads(forwards, entry, checked);
      if (entry.key.starts_with("lost_nodes/")) check_reads(store::lost_nodes, entry, checked);
      if (entry.key.starts_with("secrets/")) check_reads(sealed_secrets, entry, checked);
    }
  }
}

constexpr const char* usage_text =
    "usage: kontena server check [--data-dir DIR]\n\n"
    "Looks through the data of a stopped server: reads every file and compares its\n"
    "checksums, decodes every record, looks for what it refers to, and verifies the audit\n"
    "trail from its first record to its last. Changes nothing.\n"
    "Prints a line for each problem: the key of a record, or a file, and what is wrong.\n\n"
    "Options:\n"
    "  --data-dir DIR  where the data is (default: /var/lib/kontena-server; KONTENA_DATA_DIR)\n\n"
    "Examples:\n"
    "  kontena server check\n"
    "  kontena server check --data-dir /srv/kontena && systemctl start kontena-server\n\n"
    "Exit status: 0 all is well, 10 something is wrong, 5 a server runs on it, 4 there is\n"
    "no data, 2 wrong options, 1 anything else.\n";

}  // namespace

Checked check_store(store::Store& store) {
  Checked checked;
  if (const Status looked = look_at_each(store, checked); !looked)
    checked.findings.push_back({"db", looked.error().message});
  const auto view = store::load_view(store);
  if (!view) {
    checked.findings.push_back({"db", view.error().message});
  } else {
    view->unreadable.each("", [&](const auto& item) { checked.findings.push_back({item.key, item.value}); });
    References(*view, checked.findings).check();
  }
  std::ranges::stable_sort(checked.findings, {}, &Finding::key);
  return checked;
}

void check_content(const std::string& folder, store::Store& store, Checked& checked) {
  const SystemClock clock;
  SystemIds ids;
  blobs::Blobs blobs(folder + "/blobs", clock);
  const auto add = [&](const std::string& key, const Status& status) {
    if (!status) checked.findings.push_back({key, status.error().message});
  };
  std::set<std::string> there;
  const auto all = blobs.list();
  if (!all) return add("blobs", all.error());
  for (const blobs::Blob& blob : *all) {
    there.insert(blob.scope + '/' + blob.digest);
    add("blobs/" + blob.scope + '/' + blob.digest, blobs.check(blob));
  }
  std::map<std::string, Named> named;
  if (const auto view = store::load_view(store)) named = named_in(*view);
  if (const auto sealed = sealed_of_forwards(store))  // what cannot be read of them is told by itself
    for (const auto& [scope, digests] : *sealed) named[scope].secrets.insert(digests.begin(), digests.end());
  std::size_t secrets = 0;
  for (const auto& [scope, of_scope] : named) {
    const auto need = [&](const std::string& digest) {
      if (!there.contains(scope + '/' + digest))
        checked.findings.push_back({"blobs/" + scope + '/' + digest, "it is not there, and a stack of " + scope + " names it"});
    };
    for (const std::string& digest : of_scope.blobs) need(digest);
    for (const std::string& digest : of_scope.images) {
      const auto parts = parts_of_image(blobs, scope, digest);
      if (parts) std::ranges::for_each(*parts, need);
      if (!parts) need(digest);
    }
    secrets += of_scope.secrets.size();
  }
  if (secrets == 0) return;
  const auto vault = look_into_vault(store, {{.kind = "file", .path = key_file(folder), .passphrase = {}}});
  if (!vault) return add("meta/keyring", vault.error());
  if (vault->trouble()) {
    const auto known = store.get(keyrings.key(keyring_tail));
    const auto ring = known && *known ? keyrings.read(**known) : Result<Keyring>(Error{Code::not_found, ""});
    // A key that is not of a file is not at hand here.
    if (!ring || ring->masters.empty() || ring->masters[0].kind == "file") add("secrets.key", *vault->trouble());
    return;
  }
  for (const auto& [scope, of_scope] : named) {
    for (const std::string& digest : of_scope.secrets) {
      const std::string key = sealed_secrets.key(secret_tail(scope, digest));
      const auto entry = store.get(key);
      if (!entry || !*entry) {
        checked.findings.push_back({key, "it is not there, and something of " + scope + " names it"});
        continue;
      }
      const auto secret = sealed_secrets.read(**entry);
      if (!secret) continue;  // told already
      const auto opened = vault->open(scope, digest, *secret);
      if (!opened) add(key, opened.error());
    }
  }
}

int run_check(std::span<const std::string> arguments) {
  const auto words = read_offline("check", arguments, settings::process_environment(), usage_text, 0);
  if (const int* status = std::get_if<int>(&words)) return *status;
  const std::string& folder = std::get<Offline>(words).data_dir;
  log::set_level(log::Level::error);
  if (!files::exists(folder + "/db"))
    return complain_offline("check", {Code::not_found, "there is no server's data in '" + folder + "'", "say where it is: --data-dir DIR"});
  const auto lock = lock_data_dir(folder);
  if (!lock) return complain_offline("check", lock.error());

  std::vector<Finding> files;
  if (restore_unfinished(folder)) files.push_back({"restoring", "a restore into this folder has not come to its end: do it again"});
  const auto authority = open_authority(folder, SystemClock().now());
  if (!authority)
    files.push_back({"ca.pem", authority.error().message});
  if (const Status sums = store::check_rocksdb_files(folder + "/db"); !sums) files.push_back({"db", sums.error().message});
  Checked checked;
  if (const auto store = store::open_rocksdb_to_read(folder + "/db"))
    checked = check_store(**store);
  else
    files.push_back({"db", store.error().message});
  if (const auto store = store::open_rocksdb_to_read(folder + "/db")) check_content(folder, **store, checked);
  if (const auto store = store::open_rocksdb_to_read(folder + "/db"); store && authority) {
    std::int64_t records = 0;
    const Status whole = verify_trail(**store, *authority, SystemClock().now(), records);
    if (!whole) checked.findings.push_back({"audit", whole.error().message});
  }
  checked.findings.insert(checked.findings.begin(), files.begin(), files.end());
  for (const Finding& finding : checked.findings) std::printf("%s: %s\n", finding.key.c_str(), finding.what.c_str());
  std::fprintf(stderr, "%lld records, %zu problems\n", static_cast<long long>(checked.records), checked.findings.size());
  if (checked.findings.empty()) return 0;
  std::fprintf(stderr, "hint: a backup makes it whole again: kontena server restore FILE --data-dir DIR\n");
  return exit_status(Code::unhealthy);
}

}  // namespace kontena::server
