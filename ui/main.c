/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../debugger/analysis.h"
#include "out-json.h"
#include "trace.h"
int main(int argc, char **argv)
{
	const char *to[16]; size_t nto=0; const char *path=NULL; enum rules rules=RULES_CURRENT; int json=0,trace=0,events=0;
	for (int i=2;i<argc;i++){
		if(!strcmp(argv[i],"--to")) to[nto++]=argv[++i];
		else if(!strcmp(argv[i],"--rules")) rules_parse(argv[++i],&rules);
		else if(!strcmp(argv[i],"--json")) json=1;
		else if(!strcmp(argv[i],"--trace")) trace=1;
		else if(!strcmp(argv[i],"--events")) events=1;
		else path=argv[i];
	}
	struct err err; struct account *s; struct destination *d; struct timeline *t; struct analysis *a;
	if(account_open(&s,path,DESC_FROM_SOURCE,NULL,&err)<0){fprintf(stderr,"vmsdb: %s\n",err.msg);return 129;}
	if(destination_open(&d,to,nto,s,NULL,&err)<0){fprintf(stderr,"vmsdb: %s\n",err.msg);return 129;}
	t=destination_load(d,s,rules,NULL); a=analyse(s,d,t);
	if(trace) trace_print(stdout,t);
	if(events==1) json_events(stdout,t);
	if(json) json_analysis(stdout,a,t);
	if(argc>1&&!strcmp(argv[1],"self")) json_events(stdout,s->self);
	return verdict_status(a->verdict);
}
