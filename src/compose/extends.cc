// `extends`: what a service takes from another, of its file or of another one.
#include <algorithm>

#include "kontena/base/text.h"
#include "load.h"
#include "merge.h"
#include "service_forms.h"
#include "values.h"

namespace kontena::compose {
namespace {

struct Step {
  std::string file;
  std::string service;
  bool operator==(const Step&) const = default;
};

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos || slash == 0 ? "/" : path.substr(0, slash);
}

class Extends {
 public:
  explicit Extends(Reader& reader) : reader_(reader) {}

  // Puts the base below the service of that name, once.
  void apply(Node& services, const std::string& name, const std::string& file, const std::string& folder,
             std::vector<Step> way);

 private:
  struct Wanted {
    std::string service;
    const Node* at = nullptr;    // where its name stands
    const Node* file = nullptr;  // none: of this file
  };
  std::optional<Wanted> wanted(const Node& extends, const std::string& path);
  Node* services_of(const std::string& file, const Node& from, const std::string& at);
  void put_below(Node& service, Node base, const std::string& path);

  Reader& reader_;
  std::map<std::string, Node> opened_;
};

std::optional<Extends::Wanted> Extends::wanted(const Node& extends, const std::string& path) {
  Notes& notes = reader_.notes;
  if (extends.kind == Kind::text) return Wanted{extends.text, &extends, nullptr};
  if (extends.kind != Kind::map) {
    wrong_kind(reader_, extends, path, "the name of a service or a mapping");
    return std::nullopt;
  }
  for (const Member& member : extends.members)
    if (member.key != "service" && member.key != "file")
      notes.warning(member.at, under(path, member.key), "unknown key '" + member.key + "'", "service and file");
    else if (member.value.kind != Kind::text && !(member.key == "file" && member.value.kind == Kind::null))
      wrong_kind(reader_, member.value, under(path, member.key), "text");
  const Node* service = extends.find("service");
  const Node* file = extends.find("file");
  if (!service) notes.problem(extends.at, path, "'service' is missing");
  if (!service || service->kind != Kind::text || (file && !file->scalar())) return std::nullopt;
  return Wanted{service->text, service, file && file->kind == Kind::text ? file : nullptr};
}

Node* Extends::services_of(const std::string& file, const Node& from, const std::string& at) {
  const auto known = opened_.find(file);
  if (known != opened_.end()) return known->second.find("services");
  Node& root = opened_.emplace(file, make_map(from.at)).first->second;
  auto parsed = open_file(reader_, file, from, at);
  if (!parsed) return nullptr;
  bool first = true;
  for (Node& document : parsed->documents) {
    interpolate_all(reader_, document);
    if (std::exchange(first, false))
      root = std::move(document);
    else
      merge_into(reader_.notes, root, std::move(document), "");
  }
  Node* services = root.find("services");
  if (!services || services->kind != Kind::map) {
    reader_.notes.problem(from.at, at, "'" + file + "' has no services");
    return nullptr;
  }
  return services;
}

void Extends::put_below(Node& service, Node base, const std::string& path) {
  drop_tags(base);
  merge_into(reader_.notes, base, std::move(service), path);
  base.erase("extends");
  service = std::move(base);
}

void Extends::apply(Node& services, const std::string& name, const std::string& file, const std::string& folder,
                    std::vector<Step> way) {
  constexpr std::size_t longest = 200;
  Node& service = *services.find(name);
  const Node* extends = service.kind == Kind::map ? service.find("extends") : nullptr;
  if (!extends) return;
  if (extends->tag == "!reset") return void(service.erase("extends"));
  const std::string path = under("services", name);
  const std::string at = under(path, "extends");
  const auto want = wanted(*extends, at);
  if (!want) return void(service.erase("extends"));
  const Step step{file, name};
  if (std::ranges::find(way, step) != way.end() || way.size() >= longest) {
    std::string circle;
    for (const Step& each : way) circle += each.service + " → ";
    reader_.notes.problem(want->at->at, at,
                          way.size() >= longest ? "more than " + std::to_string(longest) + " services extend each other"
                                                : "services extend each other in a circle: " + circle + name);
    return void(service.erase("extends"));
  }
  way.push_back(step);
  const std::string base_file = want->file ? absolute_path(reader_, folder, want->file->text) : file;
  Node* among = want->file ? services_of(base_file, *want->file, under(at, "file")) : &services;
  const Node* found = among ? among->find(want->service) : nullptr;
  if (!found) {
    if (among) {
      std::vector<std::string_view> names;
      for (const Member& member : among->members) names.push_back(member.key);
      const auto near = text::nearest(want->service, names);
      reader_.notes.problem(want->at->at, at, "there is no service '" + want->service + "' to extend in " + base_file,
                            near.empty() ? "" : "did you mean '" + std::string(near) + "'?");
    }
    return void(service.erase("extends"));
  }
  const std::string base_folder = want->file ? folder_of(base_file) : folder;
  apply(*among, want->service, base_file, base_folder, std::move(way));
  Node base = *among->find(want->service);
  if (base.kind == Kind::null) return void(service.erase("extends"));
  if (want->file && base.kind == Kind::map) {
    // Its paths start at its own file.
    drop_tags(base);
    Reader there{reader_.input, reader_.notes, reader_.variables, reader_.files, base_folder};
    canonicalise_map(there, base, under("services", want->service), service_table);
  }
  put_below(*services.find(name), std::move(base), path);
}

}  // namespace

void apply_extends(Reader& reader, Node& document, const std::string& file) {
  Node* services = document.find("services");
  if (!services || services->kind != Kind::map) return;
  Extends extends(reader);
  for (std::size_t i = 0; i < services->members.size(); ++i)
    extends.apply(*services, std::string(services->members[i].key), file, reader.folder, {});
}

}  // namespace kontena::compose
