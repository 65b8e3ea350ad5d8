import asyncio, time, csv, uuid
from datetime import timedelta
from sqlalchemy import text
from services.simulator import simulate
from services.simulator.measured import *
from datetime import date
FIRST_DAY=date(2025,10,1)
from services.simulator.reference import rows as refrows
from streams.intake.read import Limits, read
from streams.measures.engine import Engine
from streams.measures.figures import whole, parts
from streams.measures.question import Question, At as EAt
from schemas.measures_new import MEASURES
from schemas.measure import Dimension
from tests.store.scratch_traits import DDL, store
import pytest
LIM=Limits(max_bytes=1_000_000,max_depth=64)
DAYS=60
CUTSKEY={"site":("provider","site"),"ward":("provider","site","ward")}
def same(a,b):
    if a is None or b is None: return a is None and b is None
    return abs(a-b)<1e-6*max(1,abs(a))
def load_ref(engine):
    s=engine._store; R=refrows()
    for p,si,w,n,sp,b,v in R["wards.csv"][1:]:
        s.execute("insert into ward_rows values (?,?,?,?,?)",[p,si,w,int(b),v]); s.execute("insert into specialties values (?,?,?,?)",[p,si,w,sp])
    for c,n,sec in R["organisations.csv"][1:]: s.execute("insert into organisations values(?,?,?)",[c,n,sec])
    for p,sv,n,sec,pr,nb in R["services.csv"][1:]: s.execute("insert into services values(?,?,?,?)",[p,sv,pr=="true",nb=="true"])
    for pr,n,nb,nbn,pl,pln,v in R["practices.csv"][1:]: s.execute("insert into practices values(?,?,?)",[pr,nb,pl])
    dec={l:int(d) for l,d,e in R["deprivation.csv"][1:]}
    for pc,l in R["postcodes.csv"][1:]: s.execute("insert into postcodes values(?,?)",[pc,(dec[l]+1)//2])

async def test_scratch(house):
    sim=simulate(int(__import__("os").environ.get("PEOPLE","600")),DAYS,int(__import__("os").environ.get("SEED","7")),FIRST_DAY,disorder=True,doubts=True)
    async with house.database.begin() as tx:
        for d in DDL: await tx.execute(text(d))
    events=[]; seen=set()
    for m in sim.messages:
        for e in read(m.inbound(),LIM):
            if e.id not in seen: seen.add(e.id); events.append(e)
    t=time.time()
    engine=Engine(house.database)
    load_ref(engine)
    for i in range(0,len(events),2000):
        await house.take(*events[i:i+2000])
        async with house.database.begin() as tx: await store(tx,text,events[i:i+2000])
        await engine.refresh()
    print("stored",len(events),time.time()-t)
    t=time.time(); await engine.refresh(); print("refresh",time.time()-t)
    pop=Population(sim.lives)
    # members by truth
    people={ (r.nhs, r.src):r.p for r in await allrows(house,"select i.person_id as p, split_part(i.number,'|',1) as nhs, split_part(i.key,'|',1) as src from identities i") }
    bad=0
    end=FIRST_DAY+timedelta(days=DAYS)
    for setting in ("bed","virtual"):
      for at in At:
        for mid,me in MEASURED.items():
            if (at is not At.NOW) and mid not in("beds_occupied","occupancy"): continue
            pass
            e2=end+timedelta(days=30) if mid=="expected_discharges" else end
            if at is not At.NOW: e2=end-timedelta(days=10)
            a=Asked(FIRST_DAY,e2,sim.truth.until,at,setting=="virtual")
            for by in (None,*me.cuts):
                if by=="cohort": continue
                q=Question(MEASURES[mid],FIRST_DAY,e2,sim.truth.until,a.today,setting,{},Dimension(by) if by else None,EAt(at.value))
                try:
                    got=await engine.rows(parts(q) if by else whole(q))
                except Exception as ex:
                    print("ERR",mid,by,str(ex)[:300]); bad+=1; continue
                names=[f.name for f in MEASURES[mid].figures]
                if by:
                    ks=CUTSKEY.get(by,(by,))
                    g={tuple("unknown" if r[k] is None else str(r[k]) for k in ks):{n:r[n] for n in names} for r in got}
                    w=cut(mid,pop,a,by)
                else:
                    g={():{n:got[0][n] for n in names}}; w={():figures_of(mid,pop,a)}
                for k in sorted(set(g)|set(w)):
                    x,y=g.get(k),w.get(k)
                    if x is None or y is None:
                        print("DIFF",setting,at,mid,by,k,"engine",x,"truth",y); bad+=1; continue
                    d={n:(x[n],y.get(n)) for n in names if not same(x[n],y.get(n))}
                    if d: print("DIFF",setting,at,mid,by,k,"(engine,truth)",d); bad+=1
    print("bad",bad)
    assert 0
async def allrows(house,q):
    async with house.database.connect() as c: return list((await c.execute(text(q))).all())
