#include "identity.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

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
  const auto ca = files::read(from + "/ca.pem"), certificate = files::read(from + "/node.pem"),
             key = files::read(from + "/node.key");
  for (const auto* part : {&ca, &certificate, &key})
    if (!*part) return broken(state_dir, "is not whole: " + part->error().message);
  KTN_OK(files::check_private(from + "/node.key", "the node's key"));
  identity.ca_pem = *ca;
  identity.certificate_pem = *certificate;
  identity.key_pem = Redacted(*key);
  const auto facts = pki::read_certificate(identity.certificate_pem);
  if (!facts) return broken(state_dir, "cannot be read: node.pem: " + facts.error().message);
  return std::optional(std::move(identity));
}

Status save_identity(const std::string& state_dir, const Identity& identity) {
  const std::string to = folder(state_dir);
  KTN_OK(files::make_folder(to, 0700));
  KTN_OK(files::write(to + "/node.key", identity.key_pem.reveal(), 0600));
  KTN_OK(files::write(to + "/ca.pem", identity.ca_pem, 0644));
  KTN_OK(files::write(to + "/node.pem", identity.certificate_pem, 0644));
  const NodeFile node{.node = identity.node, .grid = identity.grid, .name = identity.name, .servers = identity.servers};
  return files::write(to + "/node.json", codec::to_json(node), 0644);
}

Result<StateLock> StateLock::take(const std::string& state_dir) {
  KTN_OK(files::make_folder(state_dir, 0700));
  const std::string path = state_dir + "/lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Error{Code::permission_denied, "cannot open '" + path + "': " + std::strerror(errno)};
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return StateLock(fd);
  const int number = errno;
  ::close(fd);
  if (number != EWOULDBLOCK) return Error{Code::unavailable, "cannot lock '" + path + "': " + std::strerror(number)};
  return Error{Code::conflict, "another agent runs on the state folder '" + state_dir + "'",
               "stop it first, or give this one another --state-dir"};
}

StateLock::~StateLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace kontena::agent
