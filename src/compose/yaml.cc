// The only file that knows yaml-cpp.
#include "yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <array>
#include <sstream>

#include "build.h"
#include "source.h"

namespace kontena::compose {
namespace {

// Thrown through the parser to end it; the reason is noted already.
struct Ended {};

class Events final : public YAML::EventHandler {
 public:
  explicit Events(Builder& builder) : builder_(builder) {}

  void OnDocumentStart(const YAML::Mark& at) override { on(builder_.document(offset(at))); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& at, YAML::anchor_t anchor) override { on(builder_.null({offset(at), "", anchor})); }
  void OnAlias(const YAML::Mark& at, YAML::anchor_t anchor) override { on(builder_.alias({offset(at), "", anchor})); }
  void OnScalar(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor, const std::string& text) override {
    on(builder_.scalar({offset(at), tag, anchor}, text));
  }
  void OnSequenceStart(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    on(builder_.open({offset(at), tag, anchor}, Kind::list, style == YAML::EmitterStyle::Flow));
  }
  void OnSequenceEnd() override { on(builder_.close()); }
  void OnMapStart(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    on(builder_.open({offset(at), tag, anchor}, Kind::map, style == YAML::EmitterStyle::Flow));
  }
  void OnMapEnd() override { on(builder_.close()); }
  void OnAnchor(const YAML::Mark&, const std::string& name) override { builder_.name_anchor(name); }

 private:
  static std::size_t offset(const YAML::Mark& at) { return at.pos < 0 ? 0 : static_cast<std::size_t>(at.pos); }
  static void on(bool goes_on) {
    if (!goes_on) throw Ended{};
  }

  Builder& builder_;
};

struct Wording {
  std::string_view theirs;  // how the library's message starts
  std::string_view what;
  std::string_view hint;
};

constexpr std::array wordings{
    Wording{"illegal map value", "a ':' is not expected here",
            "check the indentation; put quotes around text that holds ': '"},
    Wording{"illegal map key", "a key is not expected here", "check the indentation"},
    Wording{"illegal block entry", "a list item is not expected here", "check the indentation"},
    Wording{"illegal flow end", "there is no open [ or { for this", ""},
    Wording{"illegal EOF in scalar", "the file ends inside quoted text", "close the quote"},
    Wording{"illegal document indicator in scalar", "a '---' or '...' inside quoted text", "close the quote"},
    Wording{"end of map not found", "this fits neither the mapping above nor one around it",
            "check the indentation and the quotes"},
    Wording{"end of sequence not found", "this fits neither the list above nor what is around it",
            "check the indentation; a list item starts with '- '"},
    Wording{"end of map flow not found", "a '{' is not closed", "did not find ',' or '}'"},
    Wording{"end of sequence flow not found", "a '[' is not closed", "did not find ',' or ']'"},
    Wording{"illegal tab when looking for indentation", "a tab cannot indent", "use blanks"},
    Wording{"the referenced anchor is not defined", "there is no anchor of this name above", ""},
    Wording{"unknown token", "no value starts with this character", "put quotes around the text"},
    Wording{"unknown escape character", "there is no such escape", "write \\\\ for a backslash, or use single quotes"},
    Wording{"bad file", "the file is nested too deeply", ""},
};

void note(Notes& notes, const SourceText& source, const YAML::Exception& error) {
  const Mark at = error.mark.is_null() ? Mark{source.file(), 0, 0}
                                       : source.mark(static_cast<std::size_t>(std::max(0, error.mark.pos)));
  for (const Wording& wording : wordings)
    if (error.msg.starts_with(wording.theirs))
      return notes.problem(at, "", std::string(wording.what), std::string(wording.hint));
  notes.problem(at, "", "not YAML: " + error.msg);
}

}  // namespace

std::vector<Node> parse_yaml(std::string_view text, const std::string* file, Notes& notes) {
  const SourceText source(text, file);
  if (!source.check(notes)) return {};
  Builder builder(source, notes);
  try {
    std::istringstream stream{std::string(source.text())};
    YAML::Parser parser(stream);
    Events events(builder);
    while (parser.HandleNextDocument(events)) continue;
  } catch (const Ended&) {
    return {};
  } catch (const YAML::Exception& error) {
    note(notes, source, error);
    return {};
  }
  return std::move(builder.documents);
}

}  // namespace kontena::compose
