// `include`: other projects, each with its own folder and variables, as part of this one.
#include <algorithm>
#include <array>

#include "load.h"
#include "merge.h"
#include "parts.h"
#include "service_forms.h"
#include "values.h"

namespace kontena::compose {
namespace {

struct Sort {
  const char* key;
  const Table* table;
};
constexpr std::array<Sort, 6> kinds{{{"services", &service_table},
                                     {"volumes", &volume_table},
                                     {"networks", &network_table},
                                     {"secrets", &secret_table},
                                     {"configs", &config_table},
                                     {"models", &model_table}}};

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos || slash == 0 ? "/" : path.substr(0, slash);
}

bool same(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.text != b.text || a.items.size() != b.items.size() || a.members.size() != b.members.size())
    return false;
  for (std::size_t i = 0; i < a.items.size(); ++i)
    if (!same(a.items[i], b.items[i])) return false;
  return std::ranges::all_of(a.members, [&](const Member& member) {
    const Node* other = b.find(member.key);
    return other && same(member.value, *other);
  });
}

struct Item {
  std::vector<const Node*> paths;
  const Node* folder = nullptr;
  std::vector<const Node*> env_files;
};

class Include {
 public:
  Include(Level& level, Node& model) : level_(level), reader_(level.reader), model_(model) {}

  void run(const Node& include) {
    if (include.kind != Kind::list) return wrong_kind(reader_, include, "include", "a list of files");
    for (std::size_t i = 0; i < include.items.size(); ++i) {
      const std::string at = under("include", i);
      Item item = item_of(include.items[i], at);
      if (!item.paths.empty()) take(item, at);
    }
  }

 private:
  void texts(const Node& value, const std::string& at, std::vector<const Node*>& into) {
    if (value.kind == Kind::text)
      into.push_back(&value);
    else if (value.kind != Kind::list)
      wrong_kind(reader_, value, at, "text or a list of text");
    for (std::size_t i = 0; i < value.items.size(); ++i)
      if (value.items[i].kind == Kind::text)
        into.push_back(&value.items[i]);
      else
        wrong_kind(reader_, value.items[i], under(at, i), "text");
  }

  Item item_of(const Node& value, const std::string& at) {
    Item item;
    if (value.kind == Kind::text) {
      item.paths.push_back(&value);
    } else if (value.kind != Kind::map) {
      wrong_kind(reader_, value, at, "a path or a mapping");
    }
    for (const Member& member : value.members) {
      const std::string here = under(at, member.key);
      if (member.key == "path")
        texts(member.value, here, item.paths);
      else if (member.key == "env_file")
        texts(member.value, here, item.env_files);
      else if (member.key == "project_directory" && member.value.kind == Kind::text)
        item.folder = &member.value;
      else if (member.key == "project_directory")
        wrong_kind(reader_, member.value, here, "text");
      else
        reader_.notes.warning(member.at, here, "unknown key '" + member.key + "'",
                              "path, project_directory and env_file");
    }
    if (value.kind == Kind::map && item.paths.empty()) reader_.notes.problem(value.at, at, "'path' is missing");
    return item;
  }

  void take(const Item& item, const std::string& at) {
    constexpr std::size_t deepest = 50;
    std::vector<std::string> paths;
    for (const Node* path : item.paths) paths.push_back(absolute(reader_, path->text));
    const bool circle = std::ranges::find(level_.including, paths[0]) != level_.including.end();
    if (circle || level_.including.size() > deepest) {
      std::string way;
      for (const std::string& file : level_.including) way += file + " → ";
      return reader_.notes.problem(
          item.paths[0]->at, at,
          circle ? "files include each other in a circle: " + way + paths[0] : "includes are nested too deeply");
    }
    const std::string folder = item.folder ? absolute(reader_, item.folder->text) : folder_of(paths[0]);
    Variables variables(level_.variables, folder);
    if (!add_variables(item, folder, variables, at)) return;
    std::vector<ComposeFile> files;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      auto file = open_file(reader_, paths[i], *item.paths[i], at);
      if (!file) return;
      files.push_back(*std::move(file));
    }
    Reader reader{reader_.input, reader_.notes, [&](std::string_view name) { return variables.find(name); },
                  reader_.files, folder};
    Level level{reader, variables, level_.including};
    level.including.push_back(paths[0]);
    import(load_model(level, std::move(files)));
  }

  bool add_variables(const Item& item, const std::string& folder, Variables& variables, const std::string& at) {
    std::vector<Source> sources;
    const auto open = [&](const std::string& path) {
      return reader_.input.open ? reader_.input.open(path)
                                : Result<std::string>(Error{Code::not_found, "no other file can be read here"});
    };
    for (const Node* file : item.env_files) {
      if (file->text == "/dev/null") continue;
      const std::string path = absolute(reader_, file->text);
      auto text = open(path);
      if (!text) {
        reader_.notes.problem(file->at, under(at, "env_file"), "'" + path + "': " + text.error().message);
        return false;
      }
      sources.push_back({path, *std::move(text)});
    }
    if (item.env_files.empty())
      if (auto text = open(folder + "/.env")) sources.push_back({folder + "/.env", *std::move(text)});
    variables.add(sources, reader_.files, reader_.notes);
    return true;
  }

  // What is here too changes what is included, as a later file does.
  void import(Node model) {
    for (const auto& [kind, table] : kinds) {
      Node* theirs = model.find(kind);
      if (!theirs || theirs->kind != Kind::map) continue;
      Node& ours = model_[kind];
      if (ours.kind != Kind::map) ours = make_map(theirs->at);
      for (Member& member : theirs->members) {
        Node* known = ours.find(member.key);
        if (!known) {
          ours.members.push_back(std::move(member));
        } else if (!same(*known, member.value)) {
          const std::string path = under(kind, member.key);
          merge_into(reader_.notes, member.value, std::exchange(*known, {}), path);
          *known = std::move(member.value);
          canonicalise_map(reader_, *known, path, *table);
        }
      }
    }
  }

  Level& level_;
  Reader& reader_;
  Node& model_;
};

}  // namespace

void apply_include(Level& level, Node& model) {
  const Node* found = model.find("include");
  if (!found) return;
  const Node include = *found;
  model.erase("include");
  if (include.kind != Kind::null) Include(level, model).run(include);
}

}  // namespace kontena::compose
