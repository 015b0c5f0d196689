#pragma once

#include <algorithm>
#include <set>

#include "harness.h"
#include "kontena/image/parts.h"

namespace kontena::server {

using enum http::Method;

inline const std::string projects = "/v1/grids/default/projects/";

struct Sent final : http::Upload {
  std::string text;
  explicit Sent(std::string t) : text(std::move(t)) {}
  Status read(const std::function<bool(std::string_view)>& sink) override { return (void)sink(text), Done{}; }
};

// Ann has the project red, and nothing of blue, in which there is one of everything.
struct Two : World {
  Two() {
    for (const char* project : {"red", "blue"}) REQUIRE(as_admin(put, projects + project).status == 201);
    REQUIRE(as_admin(put, "/v1/grids/green").status == 201);
    ann = make_user("ann", "project-admin", "default/red");
    node = join("n1");
    REQUIRE(put_blob(admin_, "blue", "blue's file") == 201);
    sealed = read<api::SecretAnswer>(as_admin(post, projects + "blue/secrets", "blue's secret")).digest;
    deploy("blue", "db");
    deploy("red", "web");
    liveness_.look(*views_.now());
  }
  void deploy(const std::string& project, const std::string& stack) {
    const auto done = as_admin(put, projects + project + "/stacks/" + stack, deploy_body({service("db")}));
    REQUIRE_MESSAGE(done.status == 200, done.body);
    settle(), obey(node), settle();
  }
  int put_blob(const std::string& token, const std::string& project, const std::string& content, std::string digest = "") {
    if (digest.empty()) digest = image::digest_of(content);
    Sent body(content);
    http::Request request{.method = put, .path = projects + project + "/blobs/" + digest,
                          .headers = {{"authorization", "Bearer " + token}}, .upload = &body};
    request.peer.address = "10.0.0.1";
    return dispatch_.handle(request).status;
  }
  http::Response as_ann(http::Method method, const std::string& path, const std::string& body = "") {
    return with_token(ann, method, path, body);
  }
  const model::Instance& instance(const std::string& project) {
    const model::Instance* found = nullptr;
    views_.now()->instances.each("default/" + project + '/', [&](const auto& item) { found = &item.value; });
    REQUIRE(found);
    return *found;
  }
  // What she is told, but for the names that she said herself.
  std::string told(http::Method method, const std::string& path, const std::vector<std::string>& names, const std::string& body = "") {
    const http::Response response = as_ann(method, path, body);
    std::string text = std::to_string(response.status) + ' ' + response.body;
    const auto id = text.find("\"request");
    if (id != std::string::npos) text.erase(id, text.find_first_of(",}", id) - id);
    for (const std::string& name : names)
      for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at)) text.replace(at, name.size(), "*");
    return text;
  }

  std::string ann, sealed;
  Node node;
};

using Names = std::map<std::string_view, std::string>;

inline std::string filled(std::string_view pattern, const Names& names) {
  std::string path(pattern);
  for (auto open = path.find('{'); open != std::string::npos; open = path.find('{', open + 1)) {
    const std::string name = path.substr(open + 1, path.find('}') - open - 1);
    const auto found = names.find(name);
    path.replace(open, name.size() + 2, found == names.end() ? "none" : found->second);
  }
  return path;
}

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace kontena::server
