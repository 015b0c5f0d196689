#include "identity.h"

#include <filesystem>
#include <system_error>

#include "kontena/base/files.h"
#include "kontena/codec/json.h"
#include "kontena/pki/authority.h"

namespace kontena::agent {
namespace {

struct NodeFile {  // node.json
  std::int64_t format = 1;
  std::string node;
  std::string grid;
  std::string name;
  std::vector<std::string> servers;
};

std::string folder(const std::string& state_dir) { return state_dir + "/identity"; }

constexpr const char* key_begins = "-----BEGIN PRIVATE KEY-----";

// In one file, as one rename replaces both.
std::string together(const std::string& certificate_pem, const Redacted& key_pem) {
  return certificate_pem + (certificate_pem.ends_with('\n') ? "" : "\n") + key_pem.reveal();
}

// Once node.pem has the key. What a crash leaves of them does no harm.
Status forget_old_keys(const std::string& folder) {
  KTN_OK(files::remove(folder + "/next.key"));
  return files::remove(folder + "/node.key");
}

Error broken(const std::string& state_dir, const std::string& what) {
  return {Code::corrupt, "the identity in '" + folder(state_dir) + "' " + what,
          "to join anew: remove that folder, and give a join token and another --name, or remove the old node first"};
}

}  // namespace
}  // namespace kontena::agent

namespace kontena::codec {
template <>
struct Fields<agent::NodeFile> {
  static void visit(auto& v, auto& s) {
    v("format", s.format);
    v("node", s.node);
    v("grid", s.grid);
    v("name", s.name);
    v("servers", s.servers);
  }
};
}  // namespace kontena::codec

namespace kontena::agent {

Result<std::optional<Identity>> load_identity(const std::string& state_dir) {
  const std::string from = folder(state_dir);
  const auto text = files::read(from + "/node.json");
  if (!text && text.error().code == Code::not_found) return std::optional<Identity>();
  if (!text) return Error(text.error());
  const auto node = codec::from_json<NodeFile>(*text);
  if (!node) return broken(state_dir, "cannot be read: node.json: " + node.error().message);
  if (node->format > 1)
    return broken(state_dir, "is of a newer version of kontena (format " + std::to_string(node->format) + ")");
  if (node->node.empty()) return broken(state_dir, "names no node");

  Identity identity{.node = node->node, .grid = node->grid, .name = node->name, .servers = node->servers};
  const auto ca = files::read(from + "/ca.pem"), both = files::read(from + "/node.pem");
  // Before certificates renewed themselves the key was in a file of its own.
  const bool apart = both && both->find(key_begins) == std::string::npos;
  const auto key = apart ? files::read(from + "/node.key") : both;
  for (const auto* part : {&ca, &both, &key})
    if (!*part) return broken(state_dir, "is not whole: " + part->error().message);
  KTN_OK(files::check_private(from + (apart ? "/node.key" : "/node.pem"), "the node's key"));
  identity.ca_pem = *ca;
  identity.certificate_pem = both->substr(0, both->find(key_begins));
  identity.key_pem = Redacted(apart ? *key : both->substr(both->find(key_begins)));
  if (!pki::belong_together({identity.certificate_pem, identity.key_pem}))
    return broken(state_dir, "is not whole: the key is not the certificate's");
  const auto facts = pki::read_certificate(identity.certificate_pem);
  if (!facts) return broken(state_dir, "cannot be read: node.pem: " + facts.error().message);
  return std::optional(std::move(identity));
}

Status save_identity(const std::string& state_dir, const Identity& identity) {
  const std::string to = folder(state_dir);
  KTN_OK(files::make_folder(to, 0700));
  KTN_OK(files::write(to + "/ca.pem", identity.ca_pem, 0644));
  KTN_OK(files::write(to + "/node.pem", together(identity.certificate_pem, identity.key_pem), 0600));
  const NodeFile node{.node = identity.node, .grid = identity.grid, .name = identity.name, .servers = identity.servers};
  KTN_OK(files::write(to + "/node.json", codec::to_json(node), 0644));
  return forget_old_keys(to);
}

Result<pki::Request> next_request(const std::string& state_dir, const std::string& common_name) {
  const std::string path = folder(state_dir) + "/next.key";
  if (const auto kept = files::read(path, 1u << 16)) {
    auto again = pki::make_request(common_name, Redacted(*kept));
    if (again) return again;
  }
  KTN_TRY(pki::Request fresh, pki::make_request(common_name));
  KTN_OK(files::make_folder(folder(state_dir), 0700));
  KTN_OK(files::write(path, fresh.key_pem.reveal(), 0600));
  return fresh;
}

Status keep_certificate(const std::string& state_dir, const std::string& certificate_pem, const Redacted& key_pem) {
  const std::string to = folder(state_dir);
  KTN_OK(files::write(to + "/node.pem", together(certificate_pem, key_pem), 0600));
  return forget_old_keys(to);
}

Status forget_identity(const std::string& state_dir) {
  std::error_code failed;
  // node.json first: without it the rest is no identity.
  for (const char* name : {"/identity/node.json", "/assignments.json", "/memory.json", "/identity"}) {
    std::filesystem::remove_all(state_dir + name, failed);
    if (failed) return Error{Code::unavailable, "cannot remove '" + state_dir + name + "': " + failed.message()};
  }
  return Done{};
}

Result<StateLock> StateLock::take(const std::string& state_dir) {
  KTN_OK(files::make_folder(state_dir, 0700));
  auto lock = files::Lock::take(state_dir + "/lock");
  if (lock) return StateLock(std::move(*lock));
  if (lock.error().code != Code::conflict) return std::move(lock).error();
  return Error{Code::conflict, "another agent runs on the state folder '" + state_dir + "'",
               "stop it first, or give this one another --state-dir"};
}

}  // namespace kontena::agent
