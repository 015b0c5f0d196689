#include "kontena/base/settings.h"

#include <algorithm>
#include <cstdlib>

#include "kontena/base/panic.h"
#include "kontena/base/text.h"

namespace kontena::settings {

const Values::Value& Values::at(std::string_view name) const {
  const auto found = values_.find(name);
  KTN_ASSERT(found != values_.end(), "a setting that is asked for is in its table");
  return found->second;
}

const std::string& Values::text(std::string_view name) const {
  static const std::string none;
  return at(name).items.empty() ? none : at(name).items.front();
}
const std::vector<std::string>& Values::list(std::string_view name) const { return at(name).items; }
std::int64_t Values::number(std::string_view name) const { return at(name).number; }
bool Values::truth(std::string_view name) const { return at(name).number != 0; }
bool Values::given(std::string_view name) const { return at(name).origin != "default"; }
const std::string& Values::origin(std::string_view name) const { return at(name).origin; }

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
}

class Reader {
 public:
  explicit Reader(std::span<const Setting> table) : table_(table) {}

  Status flags(std::span<const std::string> arguments) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const auto equals = arguments[i].find('=');
      const std::string flag = arguments[i].substr(0, equals);
      const Setting* setting = with_flag(flag);
      if (!setting) return unknown(flag);
      std::string value = "true";
      if (equals != std::string::npos) {
        value = arguments[i].substr(equals + 1);
      } else if (setting->kind != Kind::truth) {
        if (++i == arguments.size()) return Error{Code::invalid_argument, flag + " needs a value: " + std::string(setting->value)};
        value = arguments[i];
      }
      Values::Value& entry = values_.values_[std::string(setting->name)];
      if (setting->kind != Kind::list) entry.items.clear();
      entry.items.push_back(value);
      entry.origin = "flag " + flag;
    }
    return Done{};
  }

  void environment(const Environment& environment) {
    for (const Setting& setting : table_) {
      if (setting.environment.empty() || has(setting)) continue;
      const auto value = environment(setting.environment);
      if (!value || value->empty()) continue;
      Values::Value& entry = values_.values_[std::string(setting.name)];
      entry.items = setting.kind == Kind::list ? text::split(*value, ',') : std::vector{*value};
      entry.origin = "environment " + std::string(setting.environment);
    }
  }

  Status file(const File& file) {
    for (const auto& [name, entry] : file) {
      const auto setting = std::ranges::find(table_, name, &Setting::name);
      if (setting == table_.end()) {
        std::vector<std::string_view> names;
        for (const Setting& known : table_) names.push_back(known.name);
        const auto near = text::nearest(name, names);
        return Error{Code::invalid_argument, entry.origin + ": unknown setting '" + name + "'",
                     near.empty() ? "" : "did you mean '" + std::string(near) + "'?"};
      }
      if (has(*setting)) continue;
      if (setting->kind != Kind::list && entry.items.size() != 1)
        return Error{Code::invalid_argument, entry.origin + ": '" + name + "' takes one value"};
      Values::Value& value = values_.values_[name];
      value.items = entry.items;
      value.origin = entry.origin;
    }
    return Done{};
  }

  Result<Values> finish() {
    for (const Setting& setting : table_) {
      Values::Value& value = values_.values_[std::string(setting.name)];
      if (value.origin.empty()) {
        value.origin = "default";
        if (!setting.by_default.empty()) value.items = {std::string(setting.by_default)};
      }
      KTN_OK(check(setting, value));
    }
    return std::move(values_);
  }

 private:
  bool has(const Setting& setting) const { return values_.values_.contains(setting.name); }

  const Setting* with_flag(std::string_view flag) const {
    if (flag.empty()) return nullptr;
    const auto found = std::ranges::find(table_, flag, &Setting::flag);
    return found == table_.end() ? nullptr : &*found;
  }

  Status unknown(const std::string& flag) const {
    std::vector<std::string_view> flags;
    for (const Setting& setting : table_) flags.push_back(setting.flag);
    const auto near = text::nearest(flag, flags);
    return Error{Code::invalid_argument, "unknown option '" + flag + "'",
                 near.empty() ? "--help lists them" : "did you mean '" + std::string(near) + "'?"};
  }

  static Status check(const Setting& setting, Values::Value& value) {
    if (value.items.empty()) return Done{};
    const auto wrong = [&](const std::string& what) {
      return Error{Code::invalid_argument, value.origin + ": '" + value.items.front() + "' is not " + what};
    };
    const std::string& given = value.items.front();
    switch (setting.kind) {
      case Kind::text:
      case Kind::list: return Done{};
      case Kind::truth:
        if (given != "true" && given != "false") return wrong("true or false");
        value.number = given == "true";
        return Done{};
      case Kind::integer: {
        const auto number = text::integer(given);
        if (!number) return wrong("a whole number");
        value.number = *number;
        break;
      }
      case Kind::duration: {
        const auto duration = text::duration(given);
        if (!duration) return wrong("a duration such as 90s or 1m30s");
        value.number = duration->count();
        break;
      }
    }
    if (value.number >= setting.least && value.number <= setting.most) return Done{};
    const std::string unit = setting.kind == Kind::duration ? " ms" : "";
    return wrong("between " + std::to_string(setting.least) + unit + " and " + std::to_string(setting.most) + unit);
  }

  std::span<const Setting> table_;
  Values values_;
};

Result<Values> read(std::span<const Setting> table, std::span<const std::string> arguments,
                    const Environment& environment, const File& file) {
  Reader reader(table);
  KTN_OK(reader.flags(arguments));
  reader.environment(environment);
  KTN_OK(reader.file(file));
  return reader.finish();
}

std::string help(std::span<const Setting> table) {
  std::string text;
  for (const Setting& setting : table) {
    if (setting.flag.empty()) continue;
    std::string head = "  " + std::string(setting.flag);
    if (!setting.value.empty()) head += ' ' + std::string(setting.value);
    head.resize(std::max<std::size_t>(head.size() + 2, 30), ' ');
    text += head + std::string(setting.help);
    if (!setting.by_default.empty()) text += " (default " + std::string(setting.by_default) + ')';
    if (!setting.environment.empty()) text += " [" + std::string(setting.environment) + ']';
    text += '\n';
  }
  return text;
}

Result<Address> address(const Values& values, std::string_view name, const std::string& usual) {
  const std::string& given = values.text(name);
  const auto colon = given.rfind(':');
  const auto port = colon == std::string::npos ? std::nullopt : text::integer(std::string_view(given).substr(colon + 1));
  if (!port || *port < 0 || *port > 65535)
    return Error{Code::invalid_argument, values.origin(name) + ": '" + given + "' is not ADDR:PORT", "write " + usual};
  Address address{given.substr(0, colon), static_cast<int>(*port)};
  if (address.host.starts_with('[') && address.host.ends_with(']')) address.host = address.host.substr(1, address.host.size() - 2);
  if (address.host.empty()) address.host = "0.0.0.0";
  return address;
}

}  // namespace kontena::settings
