/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command-impl.h"

#define MAX_LENGTH 2000
#define MAX_DEPTH 60
#define MAX_NODES 500

/* X(text, precedence): binary operators, higher binds tighter (C's order). */
#define OPERATORS(X) \
	X(OR, "||", 1) X(AND, "&&", 2) \
	X(BIT_OR, "|", 3) X(BIT_XOR, "^", 4) X(BIT_AND, "&", 5) \
	X(EQ, "==", 6) X(NE, "!=", 6) X(MATCH, "=~", 6) \
	X(LE, "<=", 7) X(GE, ">=", 7) X(SHL, "<<", 8) X(SHR, ">>", 8) \
	X(LT, "<", 7) X(GT, ">", 7) \
	X(ADD, "+", 9) X(SUB, "-", 9) \
	X(MUL, "*", 10) X(DIV, "/", 10) X(MOD, "%", 10)

enum op {
#define X(id, text, prec) OP_##id,
	OPERATORS(X)
#undef X
	OP_NUMBER, OP_STRING, OP_NAME, OP_NOT, OP_COMPLEMENT, OP_NEGATE,
	OP_CHOOSE,
};

static const struct {
	const char *text;
	int prec;
} operators[] = {
#define X(id, text, prec) { text, prec },
	OPERATORS(X)
#undef X
};

#define NAMES(X) \
	X(SRC, "src") X(DST, "dst") X(OFFSET, "offset") X(SIZE, "size") \
	X(VERSION, "version") X(ELEMENTS, "elements") X(EVENT, "event") \
	X(DEPTH, "depth") X(PATH, "path") X(NAME, "name") X(TYPE, "type") \
	X(SECTION, "section") X(KIND, "kind") X(OUTCOME, "outcome")

enum name {
#define X(id, text) NAME_##id,
	NAMES(X)
#undef X
};

const char *const expr_names[] = {
#define X(id, text) text,
	NAMES(X)
#undef X
	NULL,
};

struct expr {
	enum op op;
	enum name name;
	int64_t number;
	const char *string;
	const struct expr *a, *b, *c;
};

struct parser {
	struct arena *arena;
	const char *start, *p;
	int depth, nodes;
	struct err *err;
};

static struct expr *parse_binary(struct parser *p, int min);
static struct expr *parse_choice(struct parser *p);

static void *fail(struct parser *p, const char *what)
{
	size_t column = (size_t)(p->p - p->start) + 1;

	if (*p->p)
		err_set(p->err, ERR_USAGE, column - 1, "in the condition, at "
			"column %zu ('%.20s'): %s", column, p->p, what);
	else
		err_set(p->err, ERR_USAGE, column - 1,
			"the condition ends too early: %s", what);
	return NULL;
}

static void blanks(struct parser *p)
{
	while (isspace((unsigned char)*p->p))
		p->p++;
}

static struct expr *node(struct parser *p, enum op op, const struct expr *a,
			 const struct expr *b)
{
	struct expr *e;

	if (++p->nodes > MAX_NODES)
		return fail(p, "too many operators");
	e = arena_alloc(p->arena, sizeof(*e));
	e->op = op;
	e->a = a;
	e->b = b;
	return e;
}

static struct expr *parse_number(struct parser *p)
{
	struct expr *e;
	uint64_t v;
	char *end;

	errno = 0;
	v = strtoull(p->p, &end, 0);
	if (errno)
		return fail(p, "the number does not fit into 64 bits");
	if (isalnum((unsigned char)*end) || *end == '_')
		return fail(p, "this is no number");
	e = node(p, OP_NUMBER, NULL, NULL);
	if (!e)
		return NULL;
	e->number = (int64_t)v;
	p->p = end;
	return e;
}

/* 'x' is a string here as "x" is: there is nothing else to compare with. */
static struct expr *parse_string(struct parser *p)
{
	char quote = *p->p;
	const char *end = strchr(p->p + 1, quote);
	struct expr *e;

	if (!end)
		return fail(p, "the string has no end");
	e = node(p, OP_STRING, NULL, NULL);
	if (!e)
		return NULL;
	e->string = arena_printf(p->arena, "%.*s", (int)(end - p->p - 1),
				 p->p + 1);
	p->p = end + 1;
	return e;
}

static struct expr *parse_name(struct parser *p)
{
	size_t n = 0;

	while (isalnum((unsigned char)p->p[n]) || p->p[n] == '_')
		n++;
	for (int i = 0; n && expr_names[i]; i++) {
		struct expr *e;

		if (strlen(expr_names[i]) != n ||
		    strncmp(expr_names[i], p->p, n))
			continue;
		e = node(p, OP_NAME, NULL, NULL);
		if (!e)
			return NULL;
		e->name = (enum name)i;
		p->p += n;
		return e;
	}
	return fail(p, n ? "no such name; there are src dst offset size "
		    "version elements event depth path name type section kind "
		    "outcome" : "a value is missing");
}

static struct expr *parse_primary(struct parser *p)
{
	struct expr *e;

	if (isdigit((unsigned char)*p->p))
		return parse_number(p);
	if (*p->p == '"' || *p->p == '\'')
		return parse_string(p);
	if (*p->p != '(')
		return parse_name(p);
	p->p++;
	e = parse_choice(p);
	if (!e)
		return NULL;
	blanks(p);
	if (*p->p != ')')
		return fail(p, "')' is missing");
	p->p++;
	return e;
}

static struct expr *parse_unary(struct parser *p)
{
	struct expr *e = NULL;
	enum op op;
	bool plus;

	blanks(p);
	plus = *p->p == '+';
	op = *p->p == '!' ? OP_NOT : *p->p == '~' ? OP_COMPLEMENT : OP_NEGATE;
	if (*p->p != '!' && *p->p != '~' && *p->p != '-' && !plus)
		return parse_primary(p);
	p->p++;
	if (++p->depth > MAX_DEPTH)
		return fail(p, "it nests too deeply");
	e = parse_unary(p);
	p->depth--;
	return !e || plus ? e : node(p, op, e, NULL);
}

static int operator_at(const char *s)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (!strncmp(s, operators[i].text, strlen(operators[i].text)))
			return (int)i;
	}
	return -1;
}

static struct expr *parse_binary(struct parser *p, int min)
{
	struct expr *left = parse_unary(p), *right;
	int i;

	while (left) {
		blanks(p);
		i = operator_at(p->p);
		if (i < 0 || operators[i].prec < min)
			return left;
		p->p += strlen(operators[i].text);
		right = parse_binary(p, operators[i].prec + 1);
		left = right ? node(p, (enum op)i, left, right) : NULL;
	}
	return NULL;
}

static struct expr *parse_choice(struct parser *p)
{
	struct expr *e, *b, *c;

	if (++p->depth > MAX_DEPTH)
		return fail(p, "it nests too deeply");
	e = parse_binary(p, 1);
	blanks(p);
	if (e && *p->p == '?') {
		p->p++;
		b = parse_choice(p);
		if (!b)
			return NULL;
		blanks(p);
		if (*p->p != ':')
			return fail(p, "':' is missing");
		p->p++;
		c = parse_choice(p);
		e = c ? node(p, OP_CHOOSE, e, b) : NULL;
		if (e)
			e->c = c;
	}
	p->depth--;
	return e;
}

struct expr *expr_parse(struct arena *a, const char *text, struct err *err)
{
	struct parser p = { a, text, text, 0, 0, err };
	struct expr *e;

	if (strlen(text) > MAX_LENGTH) {
		err_set(err, ERR_LIMIT, ERR_NO_OFFSET, "a condition of more "
			"than %d characters", MAX_LENGTH);
		return NULL;
	}
	e = parse_choice(&p);
	if (!e)
		return NULL;
	blanks(&p);
	return *p.p ? fail(&p, *p.p == '=' ? "an operator was expected; "
			   "comparing is ==" : "an operator was expected") : e;
}

/* ---- values ---- */

struct eval {
	const struct session *s;
	uint32_t event;
	struct arena *arena;
	struct err *err;
};

static int eval(struct eval *ev, const struct expr *e, struct expr_value *ret);

static void set_number(struct expr_value *v, int64_t number)
{
	v->kind = EXPR_NUMBER;
	v->number = number;
}

static void set_string(struct expr_value *v, const char *s)
{
	v->kind = s ? EXPR_STRING : EXPR_UNKNOWN;
	v->string = s;
}

/* What the source wrote: under the same path, else with the same bytes. */
static bool source_number(const struct session *s, uint32_t event,
			  int64_t *ret)
{
	const struct timeline *src = session_source(s);
	uint32_t i = session_source_event(s, event);

	if (!src)
		return false;
	if (i != EVENT_NONE)
		return session_number(src, i, ret);
	i = session_written_by(s, event);
	return i != EVENT_NONE &&
		src->events[i].off == s->t->events[event].off &&
		src->events[i].len == s->t->events[event].len &&
		session_number(src, i, ret);
}

static int version_of(const struct timeline *t, uint32_t i)
{
	for (; i != EVENT_NONE; i = t->events[i].parent) {
		const struct event *e = &t->events[i];

		if (e->kind == EV_STRUCT || e->kind == EV_SECTION ||
		    e->kind == EV_SUBSECTION || e->kind == EV_FIELD)
			return e->version;
	}
	return -1;
}

static void eval_name(struct eval *ev, enum name name, struct expr_value *ret)
{
	const struct timeline *t = ev->s->t;
	const struct event *e = &t->events[ev->event];
	uint32_t section = timeline_section(t, ev->event);
	char path[2048];
	int64_t v;

	switch (name) {
	case NAME_SRC:
		if (source_number(ev->s, ev->event, &v))
			set_number(ret, v);
		return;
	case NAME_DST:
		if (session_number(t, ev->event, &v))
			set_number(ret, v);
		return;
	case NAME_OFFSET: set_number(ret, (int64_t)e->off); return;
	case NAME_SIZE: set_number(ret, (int64_t)e->len); return;
	case NAME_VERSION: set_number(ret, version_of(t, ev->event)); return;
	case NAME_ELEMENTS: set_number(ret, e->n); return;
	case NAME_EVENT: set_number(ret, ev->event); return;
	case NAME_DEPTH: set_number(ret, e->depth); return;
	case NAME_PATH:
		session_path(t, ev->event, path, sizeof(path));
		set_string(ret, arena_strdup(ev->arena, path));
		return;
	case NAME_NAME: set_string(ret, e->name); return;
	case NAME_TYPE: set_string(ret, e->type); return;
	case NAME_SECTION:
		set_string(ret, section == EVENT_NONE ? NULL :
			   t->events[section].name);
		return;
	case NAME_KIND:
		set_string(ret, event_kind_name((enum event_kind)e->kind));
		return;
	case NAME_OUTCOME:
		set_string(ret, outcome_name((enum outcome)e->outcome));
		return;
	}
}

static int eval_strings(struct eval *ev, enum op op, const struct expr_value *a,
			const struct expr_value *b, struct expr_value *ret)
{
	if (a->kind != b->kind || (op != OP_EQ && op != OP_NE &&
				   op != OP_MATCH))
		return err_set(ev->err, ERR_USAGE, ERR_NO_OFFSET,
			       "the string '%s' stands where a number has to be",
			       a->kind == EXPR_STRING ? a->string : b->string);
	if (op == OP_MATCH)
		set_number(ret, location_glob(b->string, a->string));
	else
		set_number(ret, !strcmp(a->string, b->string) == (op == OP_EQ));
	return 0;
}

static int eval_division(struct eval *ev, enum op op, int64_t a, int64_t b,
			 struct expr_value *ret)
{
	if (!b)
		return err_set(ev->err, ERR_USAGE, ERR_NO_OFFSET,
			       "division by zero");
	/* INT64_MIN / -1 traps */
	if (b == -1)
		set_number(ret, op == OP_DIV ? (int64_t)(0 - (uint64_t)a) : 0);
	else
		set_number(ret, op == OP_DIV ? a / b : a % b);
	return 0;
}

/* Overflow wraps around, as the guest's arithmetic would. */
static int eval_numbers(struct eval *ev, enum op op, int64_t a, int64_t b,
			struct expr_value *ret)
{
	uint64_t x = (uint64_t)a, y = (uint64_t)b;

	switch (op) {
	case OP_BIT_OR: set_number(ret, a | b); break;
	case OP_BIT_XOR: set_number(ret, a ^ b); break;
	case OP_BIT_AND: set_number(ret, a & b); break;
	case OP_EQ: set_number(ret, a == b); break;
	case OP_NE: set_number(ret, a != b); break;
	case OP_LT: set_number(ret, a < b); break;
	case OP_GT: set_number(ret, a > b); break;
	case OP_LE: set_number(ret, a <= b); break;
	case OP_GE: set_number(ret, a >= b); break;
	case OP_SHL: set_number(ret, y > 63 ? 0 : (int64_t)(x << y)); break;
	case OP_SHR: set_number(ret, y > 63 ? 0 : (int64_t)(x >> y)); break;
	case OP_ADD: set_number(ret, (int64_t)(x + y)); break;
	case OP_SUB: set_number(ret, (int64_t)(x - y)); break;
	case OP_MUL: set_number(ret, (int64_t)(x * y)); break;
	case OP_DIV:
	case OP_MOD:
		return eval_division(ev, op, a, b, ret);
	case OP_MATCH:
		return err_set(ev->err, ERR_USAGE, ERR_NO_OFFSET,
			       "=~ compares a string with a pattern");
	default:
		break;
	}
	return 0;
}

static bool is_true(const struct expr_value *v)
{
	return v->kind == EXPR_STRING ? *v->string :
		v->kind == EXPR_NUMBER && v->number;
}

/*
 * What is known decides where it can: a false side makes && false and a true
 * one || true, whatever the other.
 */
static int eval_logic(struct eval *ev, const struct expr *e,
		      struct expr_value *ret)
{
	struct expr_value a, b;
	bool decides = e->op == OP_OR;

	if (eval(ev, e->a, &a) < 0)
		return -1;
	if (a.kind != EXPR_UNKNOWN && is_true(&a) == decides) {
		set_number(ret, decides);
		return 0;
	}
	if (eval(ev, e->b, &b) < 0)
		return -1;
	if (b.kind != EXPR_UNKNOWN &&
	    (is_true(&b) == decides || a.kind != EXPR_UNKNOWN))
		set_number(ret, is_true(&b));
	return 0;
}

static int eval_unary(struct eval *ev, const struct expr *e,
		      struct expr_value *ret)
{
	struct expr_value a;

	if (eval(ev, e->a, &a) < 0)
		return -1;
	if (a.kind == EXPR_UNKNOWN)
		return 0;
	if (e->op == OP_NOT) {
		set_number(ret, !is_true(&a));
		return 0;
	}
	if (a.kind == EXPR_STRING)
		return err_set(ev->err, ERR_USAGE, ERR_NO_OFFSET, "the string "
			       "'%s' stands where a number has to be", a.string);
	set_number(ret, e->op == OP_COMPLEMENT ? ~a.number :
		   (int64_t)(0 - (uint64_t)a.number));
	return 0;
}

static int eval_binary(struct eval *ev, const struct expr *e,
		       struct expr_value *ret)
{
	struct expr_value a, b;

	if (eval(ev, e->a, &a) < 0 || eval(ev, e->b, &b) < 0)
		return -1;
	if (a.kind == EXPR_UNKNOWN || b.kind == EXPR_UNKNOWN)
		return 0;
	if (a.kind == EXPR_STRING || b.kind == EXPR_STRING)
		return eval_strings(ev, e->op, &a, &b, ret);
	return eval_numbers(ev, e->op, a.number, b.number, ret);
}

static int eval(struct eval *ev, const struct expr *e, struct expr_value *ret)
{
	struct expr_value a;

	*ret = (struct expr_value){ EXPR_UNKNOWN, 0, NULL };
	switch (e->op) {
	case OP_NUMBER:
		set_number(ret, e->number);
		return 0;
	case OP_STRING:
		set_string(ret, e->string);
		return 0;
	case OP_NAME:
		eval_name(ev, e->name, ret);
		return 0;
	case OP_NOT:
	case OP_COMPLEMENT:
	case OP_NEGATE:
		return eval_unary(ev, e, ret);
	case OP_OR:
	case OP_AND:
		return eval_logic(ev, e, ret);
	case OP_CHOOSE:
		if (eval(ev, e->a, &a) < 0)
			return -1;
		return a.kind == EXPR_UNKNOWN ? 0 :
			eval(ev, is_true(&a) ? e->b : e->c, ret);
	default:
		return eval_binary(ev, e, ret);
	}
}

int expr_eval(const struct expr *e, const struct session *s, uint32_t event,
	      struct arena *scratch, struct expr_value *ret, struct err *err)
{
	struct eval ev = { s, event, scratch, err };

	return eval(&ev, e, ret);
}

int expr_holds(const struct expr *e, const struct session *s, uint32_t event,
	       struct err *err)
{
	struct arena scratch;
	struct expr_value v;
	int r;

	arena_init(&scratch);
	r = expr_eval(e, s, event, &scratch, &v, err);
	if (!r)
		r = is_true(&v);
	arena_release(&scratch);
	return r;
}
