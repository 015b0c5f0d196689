// Configs and secrets: what is declared of them, and how services use them.
#include <charconv>

#include "kontena/base/text.h"
#include "part_forms.h"
#include "parts.h"
#include "service_forms.h"
#include "specify_files.h"
#include "tables.h"
#include "values.h"

namespace kontena::compose {
namespace {

using model::FileUse;

constexpr std::string_view no_store = "configs are not kept by name, as secrets are: give a 'file', an 'environment' or 'content'";
constexpr std::string_view no_driver = "drivers are of Docker Swarm, and not there";

void file(Reader& reader, Node& value, const std::string& path) {
  text_value(reader, value, path);
  if (value.kind == Kind::text) value.text = absolute(reader, value.text);
}

void given_name(Specifier&, const Node& value, const std::string&, DeclaredFile& file) {
  if (!value.made) file.spec.name = value.text;
}
void labels_of(Specifier&, const Node& value, const std::string&, DeclaredFile& file) {
  file.spec.labels = map_of(value);
}
void stored(Specifier&, const Node& value, const std::string&, DeclaredFile& file) {
  file.spec.external = value.text == "true";
}
template <FileSource::From from>
void source(Specifier& to, const Node& value, const std::string& path, DeclaredFile& file) {
  if (!file.source.value.empty() || file.found)
    to.notes.problem(value.at, path, "its content is given twice", "keep one of 'file', 'environment' and 'content'");
  file.found = true;
  file.source.from = from;
  file.source.value = value.text;
}

constexpr auto secret_rows = std::to_array<Key<DeclaredFile>>({
    refused<DeclaredFile>("driver", text_value, no_driver),
    refused<DeclaredFile>("driver_opts", driver_options, no_driver),
    runs<DeclaredFile>("environment", text_value, source<FileSource::From::environment>),
    mapped<DeclaredFile>("external", boolean, stored,
                         "a secret of the project: 'secret set' gives it its value; another value rolls who uses it"),
    runs<DeclaredFile>("file", file, source<FileSource::From::file>),
    runs<DeclaredFile>("labels", labels, labels_of),
    runs<DeclaredFile>("name", text_value, given_name),
    refused<DeclaredFile>("template_driver", text_value, no_driver),
});
static_assert(well_formed(secret_rows));

constexpr auto config_rows = std::to_array<Key<DeclaredFile>>({
    runs<DeclaredFile>("content", text_value, source<FileSource::From::content>),
    runs<DeclaredFile>("environment", text_value, source<FileSource::From::environment>),
    refused<DeclaredFile>("external", boolean, no_store),
    runs<DeclaredFile>("file", file, source<FileSource::From::file>),
    runs<DeclaredFile>("labels", labels, labels_of),
    runs<DeclaredFile>("name", text_value, given_name),
    refused<DeclaredFile>("template_driver", text_value, no_driver),
});
static_assert(well_formed(config_rows));

template <std::string FileUse::*id>
void owner(Specifier& to, const Node& value, const std::string& path, FileUse& use) {
  const auto number = text::integer(value.text);
  if (!number || *number < 0 || *number > 0xffffffffLL)
    return to.notes.problem(value.at, path, "'" + value.text + "' is not the number of a user or group",
                            "names are of the image, which is not looked into: give the number");
  use.*id = std::to_string(*number);
}

void mode_of(Specifier&, const Node& value, const std::string&, FileUse& use) {
  std::from_chars(value.text.data(), value.text.data() + value.text.size(), use.mode, 8);
}

constexpr auto file_used_rows = std::to_array<Key<FileUse>>({
    runs<FileUse>("gid", text_value, owner<&FileUse::gid>),
    runs<FileUse>("mode", mode, mode_of),
    runs<FileUse>("source", text_value, into<&FileUse::source>),
    runs<FileUse>("target", text_value, into<&FileUse::target>),
    runs<FileUse>("uid", text_value, owner<&FileUse::uid>),
});
static_assert(well_formed(file_used_rows));

}  // namespace

constinit const Table file_used_table = table_of<file_used_rows>("services.*.secrets[]");
constinit const Table secret_table = table_of<secret_rows>("secrets.*");
constinit const Table config_table = table_of<config_rows>("configs.*");

std::span<const Key<DeclaredFile>> secret_keys() { return secret_rows; }
std::span<const Key<DeclaredFile>> config_keys() { return config_rows; }
std::span<const Key<FileUse>> file_used_keys() { return file_used_rows; }

}  // namespace kontena::compose
